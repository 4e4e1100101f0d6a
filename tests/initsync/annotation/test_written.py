"""What is written of a request is read as the same again, whatever it says."""

from hypothesis import given, settings
from hypothesis import strategies as st

from initsync.annotation import written
from initsync.annotation.request import parse
from initsync.manifests import dump
from initsync.words import secrettypes
from initsync.words.model import FORMATS, WHOLE, Form, Key, Selection, SyncRequest
from tests.full import times
from tests.initsync.annotation.written import POD, PROVIDERS, entry, listed, read

# Strings that some YAML takes for something else, or that need quotes, escapes or blocks.
TEXTS = st.sampled_from(
    ["a", "yes", "5", "1:30", "0o7", "1e3", "null", "=", "a: b", "# a", "- a", "{a}", "é", "\x85a"]
) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9).filter(str.strip)
NAMES = st.sampled_from(["A", "tls.crt", "9", "y", "true", "k" * 253])
SOURCES = NAMES | st.sampled_from(["/a/0", "/", "a b", "a\nb", "k" * 300])
TEMPLATES = st.sampled_from(["${A|uri}", "$${", "a\n b\n", " ", "postgres://${u}:${p|uri}@db"])
LABELS = st.sampled_from(["team", "example.com/team", "yes", "5"])
PAIRS = st.dictionaries(LABELS, LABELS.filter(lambda it: "/" not in it), max_size=2)


@st.composite
def requests(draw: st.DrawFn, name: str = "db") -> SyncRequest:
    form = draw(st.sampled_from(FORMATS))
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    values = () if form in WHOLE else draw(st.sampled_from([(), (("URL", draw(TEMPLATES)),)]))
    chosen = draw(st.sampled_from([None, *([()] if values else []), "some"]))
    keys: tuple[Key, ...] | None = None if chosen is None else ()
    if form in WHOLE:
        keys = (Key(names[0], names[0]),)
    elif chosen:
        keys = tuple(Key(draw(SOURCES), it) for it in names)
    version = draw(st.just("") | TEXTS)
    selection = Selection(version, form, keys, values)
    kind = draw(st.sampled_from(secrettypes.TYPES)) if keys is None else Form().type
    marks = (tuple(draw(PAIRS).items()), tuple(draw(PAIRS).items()))
    path = draw(TEXTS)
    return SyncRequest("vault", path, name, POD, selection=selection, form=Form(kind, *marks))


def again(*wanted: SyncRequest) -> list[SyncRequest]:
    """What is read of what is written of them, without the lines."""
    text = dump.dump([written.document(wanted)])
    return [it._replace(line=0) for it in parse(text, POD, PROVIDERS)]


@settings(max_examples=times("WRITTEN", full=5000, usual=50), deadline=None)
@given(requests("db"), requests("other"))
def test_it_is_read_as_the_same(one: SyncRequest, other: SyncRequest) -> None:
    assert again(one) == [one]
    assert again(one, other) == [one, other]


def test_what_is_so_by_default_is_left_out() -> None:
    (request,) = read(entry())

    assert written.document([request]) == {
        "provider": "vault",
        "path": "kv/db",
        "secretName": "db",
    }


def test_what_one_provider_alone_has_is_kept() -> None:
    fields = (("role", "arn:aws:iam::1:role/x"),)
    (request,) = read(entry())
    own = request._replace(selection=request.selection._replace(options=fields))

    assert written.document([own])["role"] == "arn:aws:iam::1:role/x"


def test_several_are_a_list() -> None:
    wanted = read(listed(entry(), entry(name="other")))

    names = [it["secretName"] for it in written.document(wanted)["secrets"]]
    assert names == ["db", "other"]
