"""What Kubernetes accepts: names, Secret keys and sizes, each under the source of its rule.

Every check returns the broken rule as the end of a sentence ("must …"), or None.
"""

import re
from collections.abc import Mapping

from initsync.words.keys import MANAGED_BY, PREFIX

NAME_LIMIT = 253
LABEL_LIMIT = 63  # https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4
KEY_LIMIT = 253
# Sum of the decoded values; keys and metadata do not count.
# https://kubernetes.io/docs/concepts/configuration/secret/#restriction-data-size
DATA_LIMIT = 1_048_576

# All annotations of an object together, in bytes of keys and values.
# https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/
ANNOTATION_LIMIT = 262_144

# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
# https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
QUALIFIED = re.compile(r"[A-Za-z0-9](?:[-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?")
# https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data
KEY = re.compile(r"[-._a-zA-Z0-9]+")
"""These three hold for the whole of a text; lengths, and dots of a key, are rules of their own."""


def user_name(namespace: str, service_account: str) -> str:
    """The name under which a ServiceAccount's requests are authorised.

    https://kubernetes.io/docs/reference/access-authn-authz/authentication/#service-account-tokens
    """
    return f"system:serviceaccount:{namespace}:{service_account}"


def annotation_problem(text: str) -> str | None:
    """The rule that an annotation's size breaks, whatever its text says."""
    if len(text) <= ANNOTATION_LIMIT:
        return None
    return f"must be at most {ANNOTATION_LIMIT} bytes, it has {len(text)} characters"


def name_problem(name: str) -> str | None:
    """The rule that a Secret's name breaks."""
    if len(name) <= NAME_LIMIT and SUBDOMAIN.fullmatch(name):
        return None
    return (
        "must be a DNS-1123 subdomain: lower-case letters, digits, '-' and '.', each part "
        f"starting and ending with a letter or digit, at most {NAME_LIMIT} characters"
    )


def label_problem(name: str) -> str | None:
    """The rule that a namespace's name breaks."""
    if len(name) <= LABEL_LIMIT and re.fullmatch(_LABEL, name):
        return None
    return (
        "must be a DNS-1123 label: lower-case letters, digits and '-', starting and ending with "
        f"a letter or digit, at most {LABEL_LIMIT} characters"
    )


def qualified_name_problem(name: str) -> str | None:
    """The rule that the name of a label or annotation breaks."""
    prefix, slash, last = name.rpartition("/")
    if (not slash or name_problem(prefix) is None) and QUALIFIED.fullmatch(last):
        return None
    return (
        "must be a name of up to 63 letters, digits, '-', '_' and '.', "
        "with a DNS-1123 subdomain and a slash before it or without"
    )


def mark_problem(name: str) -> str | None:
    """The rule that the name of a label or annotation breaks which others give JASM's Secrets."""
    if name == MANAGED_BY or name.startswith(PREFIX):
        return f"must not be {MANAGED_BY} or begin with {PREFIX}: those are JASM's own"
    return qualified_name_problem(name)


def label_value_problem(value: str) -> str | None:
    """The rule that a label's value breaks."""
    if not value or QUALIFIED.fullmatch(value):
        return None
    return "must be up to 63 letters, digits, '-', '_' and '.', the ends letters or digits"


def key_problem(key: str) -> str | None:
    """The rule that a key of a Secret's data breaks."""
    if not KEY.fullmatch(key):
        return "must consist of letters, digits, '-', '_' and '.', and must not be empty"
    if len(key) > KEY_LIMIT:
        return f"must be at most {KEY_LIMIT} characters, it has {len(key)}"
    if key == "." or key.startswith(".."):
        return "must not be '.' or start with '..'"
    return None


def data_problem(data: Mapping[str, str | bytes]) -> str | None:
    """The first rule that a Secret's data breaks, naming the key or the size, never a value."""
    for key in data:
        if problem := key_problem(key):
            return f"key {key[:KEY_LIMIT]!a} {problem}"
    size = sum(len(it if isinstance(it, bytes) else it.encode()) for it in data.values())
    if size > DATA_LIMIT:
        return f"its values are {size} bytes, the limit of a Secret is {DATA_LIMIT} bytes"
    return None
