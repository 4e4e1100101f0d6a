"""What to write in place of a field that this annotation does not have. Pure.

No correct annotation loads this.
"""

import difflib
from collections.abc import Collection, Sequence

from initsync.words.wording import shown

_COMPARED = 512  # characters

# Words of other tools, by their lower case: External Secrets Operator's ExternalSecret, the CSI
# driver's SecretProviderClass, Vault's and AWS's own.
_PATH = "the secret's name or ARN is the field path"
_KEYS = "choose and rename by keys"
_PLATFORM = "the platform's environment says it, or a full ARN"
_VALUES = "compose values by values"
_VERSION = "an id or a stage is the field version"
_LIST = "write a list under secrets, an entry for each"
_ELSEWHERE = {
    **dict.fromkeys(("secretpath", "secretarn", "secretid", "arn", "objectname", "name"), _PATH),
    **dict.fromkeys(("remoteref", "key", "datafrom", "extract", "find"), _PATH),
    **dict.fromkeys(("data", "property", "jmespath", "objectalias", "secretkey", "mapping"), _KEYS),
    **dict.fromkeys(("template", "templates", "stringdata"), _VALUES),
    **dict.fromkeys(("objects", "secretobjects", "parameters"), _LIST),
    **dict.fromkeys(("versionid", "versionstage", "objectversion"), _VERSION),
    "objectversionlabel": _VERSION,
    "region": _PLATFORM,
    "decodingstrategy": "decode by values, as ${name|base64decode}",
    "namespace": "the Secret is always made in the pod's own namespace",
    "refreshinterval": "the pod's annotation jasm.codnod.io/refresh-interval says it",
    "refresh": "the pod's annotation jasm.codnod.io/refresh-interval says it",
    "secretstoreref": "the pod's own identity reads the secret, and provider says where",
    "target": "the Secret's name is the field secretName",
    "objecttype": "the field provider says where the secret is",
}


def problem(name: str, known: Sequence[str], there: Collection[str]) -> str:
    """A sentence's end about the field `name`, where `known` are possible and `there` is what
    the entry has already.
    """
    plain = name[:_COMPARED].lower().replace("_", "").replace("-", "")
    if plain in _ELSEWHERE and plain not in (field.lower() for field in known):
        return f"unknown field {shown(name)}: {_ELSEWHERE[plain]}"
    left = [field for field in known if field not in there]
    lowered = {field.lower(): field for field in left}
    close = difflib.get_close_matches(plain, lowered, 1)
    if close:
        return f"unknown field {shown(name)}, did you mean {lowered[close[0]]!r}?"
    return f"unknown field {shown(name)}; known are {', '.join(known)}"
