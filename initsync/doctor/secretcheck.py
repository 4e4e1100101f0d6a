"""The Kubernetes Secret that the pod asks for: whose, and its keys, never their values. Pure."""

import base64

from initsync.doctor.result import Result, Stored, Unread, failure, ok, warning
from initsync.sync.secret import age, answers, is_from, refuse_foreign, source, version
from initsync.words import keys
from initsync.words.errors import JasmError
from initsync.words.model import OPAQUE, JsonObject, Target
from initsync.words.times import span
from initsync.words.wording import one_line

_SHOWN = 20
_LONG = 512  # bytes of anybody's text
_FIELDS = "version, format, keys, values, type, labels or annotations"


def check(
    secret: Stored,
    target: Target,
    managed_by: tuple[str, ...],
    now: float,
    *,
    waits: bool = False,
) -> Result:
    """`managed_by` are the label's values by which this pod's `jasm-init` knows its own. `waits`:
    the pod has none, and takes whatever Secret there is."""
    if isinstance(secret, Unread):
        return secret.result("secret")
    name = f"{target.namespace}/{target.secret_name}"
    if secret is None:
        said = f"there is no Secret {name} yet"
        who = "the pod waits for who makes it" if waits else f"{keys.CONTAINER} makes it"
        return warning("secret", said, who + " when all else is right" * (not waits))
    try:
        refuse_foreign(secret, target.form.type, *managed_by)
    except JasmError as error:
        if waits:
            return warning("secret", f"the pod takes it, but JASM would not write it: {error}")
        return failure("secret", error)
    said = f"{name} is {_whose(secret, now)}; {_keys(secret)}"
    written = source(secret)
    if written and not is_from(secret, target):
        advice = "the next sync writes it anew, unless other pods ask for the other source"
        wanted = one_line(target.source, _LONG)
        return warning("secret", f"{said}; the pod asks for {wanted}", advice)
    if written and not answers(secret, target):
        advice = "the next sync writes it anew, unless other pods ask for it as it is"
        other = "was written by an annotation that says other things of it than the pod's now"
        return warning("secret", f"{said}; it {other} ({_FIELDS})", advice)
    return ok("secret", said)


def _whose(secret: JsonObject, now: float) -> str:
    metadata = secret["metadata"]
    owner = (metadata.get("labels") or {}).get(keys.MANAGED_BY, "nobody, and may be taken over")
    seconds = age(secret, now)
    written = "" if seconds == float("inf") else f", written {span(seconds)} ago"
    kind = one_line(secret.get("type", OPAQUE), _LONG)
    return f"{kind}, managed by {owner}{written}{_from(secret)}"


def _from(secret: JsonObject) -> str:
    """Its sources, and what of them, as it says itself; whoever may write it may write that."""
    origin = source(secret)
    read = ", ".join(version(secret).split())
    told = f" from {one_line(origin, _LONG)}" if origin else ""
    return told + (f", version {one_line(read, _LONG)}" if read else "")


def _keys(secret: JsonObject) -> str:
    data = secret.get("data") or {}
    sizes = [f"{key} ({len(base64.b64decode(data[key]))} bytes)" for key in sorted(data)]
    more = f" and {len(sizes) - _SHOWN} more" if len(sizes) > _SHOWN else ""
    return f"keys: {', '.join(sizes[:_SHOWN]) or 'none'}{more}"
