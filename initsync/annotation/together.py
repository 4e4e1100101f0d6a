"""What entries of one Secret must not say against each other (D36). Pure."""

from collections.abc import Iterator, Sequence

from initsync.words import secrettypes
from initsync.words.errors import AnnotationError
from initsync.words.model import OPAQUE, SyncRequest, Target, targets


def check(entries: Sequence[SyncRequest]) -> None:
    """Raise AnnotationError where two entries of one Secret disagree, with both lines."""
    for target in map(_as_written, targets(entries)):
        _once(target, "type", [(it, "type", it.form.type) for it in _typed(target)])
        for of in ("labels", "annotations"):
            said = [(it, *pair) for it in target.entries for pair in getattr(it.form, of)]
            _once(target, of, said)
        _keys_once(target)
        _check_type(target)


def _as_written(target: Target) -> Target:
    """The target with its entries in the order of their lines."""
    return Target(tuple(sorted(target.entries, key=lambda entry: entry.line)))


def _check_type(target: Target) -> None:
    """Raise AnnotationError where the type wants keys that no entry gives, as far as all of them
    say which they give.
    """
    if any(it.selection.keys is None for it in target.entries):
        return
    given = [name for entry in target.entries for name in names(entry)]
    if rule := secrettypes.keys_problem(target.form.type, given):
        line = target.entries[0].line or None
        raise AnnotationError(f"type {target.form.type} {rule}: name it in keys or values", line)


def _typed(target: Target) -> Iterator[SyncRequest]:
    return (entry for entry in target.entries if entry.form.type != OPAQUE)


def _once(target: Target, of: str, said: list[tuple[SyncRequest, str, str]]) -> None:
    first: dict[str, tuple[SyncRequest, str]] = {}
    for entry, name, value in said:
        before, other = first.setdefault(name, (entry, value))
        if value != other:
            where = f"{of} of Secret {target.secret_name}"
            problem = f"{where}: {name} differs between the entries of lines"
            raise AnnotationError(f"{problem} {before.line} and {entry.line}", entry.line)


def _keys_once(target: Target) -> None:
    givers: dict[str, SyncRequest] = {}
    for entry in target.entries:
        for name in names(entry):
            other = givers.setdefault(name, entry)
            if other is not entry:
                both = f"the entries of lines {other.line} and {entry.line} both give"
                problem = f"{both} Secret {target.secret_name} the key {name}"
                raise AnnotationError(problem, entry.line)


def names(entry: SyncRequest) -> list[str]:
    """The keys that the entry says it gives; where it takes all of its source, not those."""
    chosen = [key.name for key in entry.selection.keys or ()]
    return chosen + [name for name, _ in entry.selection.values]
