"""Hostile texts of lists and optional fields, made from kinds of fields and kinds of harm.

Cases as in `cases`, of two kinds: `lists` are annotations, among them each one of the files as an
entry between two good ones; `selections` are an entry's further fields, a NUL, and what the
provider gives.
"""

import json
from collections.abc import Iterator

from tests.hostile import cases
from tests.hostile.cases import PLANTED, Case

GOOD = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: {}\n"
_MANY = 10_000
_MILE = 100_000


class _InList(Case):
    """A case of the files as an entry: its text is made when it is needed."""

    __slots__ = ()

    @property
    def text(self) -> str:
        entry = "\n  ".join(super().text.splitlines())
        return f"secrets:\n{_entry('one')}- {entry}\n{_entry('two')}"


def _entry(name: str, fields: str = "") -> str:
    return "- " + "\n  ".join(f"{GOOD.format(name)}{fields}".splitlines()) + "\n"


FIELDS = ("version", "format", "keys", "values", "type", "labels", "annotations", "secrets")
HARM = {
    "nothing": "",
    "null": "~",
    "a number": "0x10",
    "a date": "2026-11-30",
    "a bool": "on",
    "an alias": "*a",
    "an alias to itself": "&a [*a]",
    "aliases that double": "&a [&b [x, x], *b, *b]",
    "a merge key": "{<<: {a: b}}",
    "a tag": "!!python/object/apply:os.system [id]",
    "binary": "!!binary AAAA",
    "brackets": "[" * _MILE,
    "braces": "{" * _MILE,
    "maps in maps": "{a: " * (_MILE // 2),
    "dashes": "\n" + "- " * _MILE,
    "question marks": "? " * _MILE,
    "10,000 names": "[" + ", ".join(f"k{number}" for number in range(_MANY)) + "]",
    "2,900 names": "[" + ",".join(f"k{number}" for number in range(2900)) + "]",
    "1,400 members": "{" + ", ".join(f"k{number}: v" for number in range(1400)) + "}",
    "10,000 members": "{" + ", ".join(f"k{number}: v" for number in range(_MANY)) + "}",
    "one name 2,900 times": "[" + ",".join(["k"] * 2900) + "]",
    "a mile of a name": "x" * _MILE,
    "a mile of a name in a list": f"[{'x' * _MILE}]",
    "a mile of a name in a map": f"{{{'x' * 900}: b}}",
    "a mile of a value": f"{{a: {'x' * _MILE}}}",
    "a pointer a mile deep": "\n- ? " + "/a" * (_MILE // 2) + "\n  : b",
    "a pointer of tildes": "\n- ? /" + "~" * _MILE + "\n  : b",
    "references without end": f"{{a: '{'${' * (_MILE // 2)}'}}",
    "references that are open": "{a: '" + "${x" * 4000 + "'}",
    "2,000 references": f"{{a: '{'${x}' * 2000}'}}",
    "60,000 references": f"{{a: '{'${x}' * 60_000}'}}",
    "literals only": f"{{a: '{'$${' * 2000}'}}",
    "dollars": f"{{a: '{'$' * _MILE}'}}",
    "filters without end": f"{{a: '${{x{'|json' * 20_000}}}'}}",
    "a pointer of a mile in a template": f"{{a: '${{{'/a' * (_MILE // 2)}}}'}}",
    "values that name each other": "{a: '${b}', b: '${a}', c: '${c}'}",
    "control characters": '{"a\\x1b[2J": "\\x9b31m\\u202e"}',
    "a control character": '"\\x1b]0;x\\x07"',
    "lone surrogates": "\ud800",
    "a NUL": "\x00",
    "a tab": "\n\t- a",
}


def lists() -> list[Case]:
    """Annotations."""
    fields = [
        Case(field, kind, _with(field, harm, listed=(row + column) % 2 == 1), {})
        for row, field in enumerate(FIELDS)
        for column, (kind, harm) in enumerate(HARM.items())
    ]
    among = [_InList(case.theme, case.name, case.parts, {}) for case in cases.load("annotations")]
    return [*fields, *among, *_long()]


def _with(field: str, harm: str, *, listed: bool) -> str:
    said = f"{field}: {harm}\n"
    return f"secrets:\n{_entry('one', said)}{_entry('two')}" if listed else GOOD.format("db") + said


def _long() -> Iterator[Case]:
    """Lists that are too long, or whose entries have much to say against each other."""
    many = "".join(_entry(f"s{number}") for number in range(4000))
    yield Case("lists", "4,000 entries", f"secrets:\n{many}"[:262_144], {})
    yield Case("lists", "10,000 texts", f"secrets: [{'a, ' * _MANY}]", {})
    yield Case("lists", "an alias for each entry", "secrets:\n- &a {}\n" + "- *a\n" * 49, {})
    fields = {
        "keys": "keys: [" + ",".join(f"k{number}" for number in range(45)) + "]\n",
        "labels": "labels: {" + ",".join(f"k{number}: v" for number in range(30)) + "}\n",
        "annotations": "annotations: {" + ",".join(f"k{number}: v" for number in range(30)) + "}\n",
        "values": "values: {" + ",".join(f"k{number}: '${{x}}'" for number in range(30)) + "}\n",
    }
    for name, said in fields.items():
        same = "".join(_entry("db", said) for _ in range(50))
        yield Case("lists", f"50 entries of one Secret with {name}", f"secrets:\n{same}", {})


_DEEP = '{"a":' * 400 + f'"{PLANTED}"' + "}" * 400
_DOCUMENTS = {
    "a name a mile long": json.dumps({"x" * 60_000: PLANTED}),
    "10,000 names": json.dumps({f"{PLANTED[:3]}{number}": "v" for number in range(5000)}),
    "a value of AWS's size": json.dumps({"x": PLANTED + "x" * 65_000}),
    "quotes": json.dumps({"x": '"' * 30_000}),
    "400 deep": f'{{"x": {_DEEP}}}',
    "700 deep": f'{{"x": {"[" * 700}"{PLANTED}"{"]" * 700}}}',
    "a key twice inside": f'{{"x": {{"{PLANTED}": 1, "{PLANTED}": 2}}}}',
    "a null": '{"x": null}',
    "no text in Unicode": '{"x": "\\ud800"}',
    "no JSON": PLANTED,
    "lines": "\n".join(f"k{number}={PLANTED}" for number in range(4000)),
    "blanks in a line": f"x={PLANTED}" + " " * 60_000 + "x",
    "an open quote": f"x='{PLANTED}" + "\\'" * 30_000,
    "a private key": f"x=-----BEGIN\n{PLANTED}/+==\n-----END",
}
_SELECTIONS = {
    "all": "format: json\nversion: x\n",
    "a name": "keys: [x]\n",
    "a pointer": "keys: [/x/a/a/a: k]\n",
    "a pointer 900 deep": "keys:\n- ? /x" + "/a" * 450 + "\n  : k\n",
    "it 700 times": "keys: [" + ",".join(f"x: k{number}" for number in range(700)) + "]\n",
    "it in 1,000 values": "values: {" + ",".join(f"k{it}: '${{x}}'" for it in range(1000)) + "}\n",
    "it 2,000 times in a value": f"keys: []\nvalues: {{k: '{'${x}' * 2000}'}}\n",
    "ten filters": "keys: []\nvalues: {k: '${x" + "|json" * 10 + "}'}\n",
    "what is no base64": "keys: []\nvalues: {k: '${x|base64decode}'}\n",
    "dotenv": "format: dotenv\n",
    "text": "format: text\nkeys: [x]\n",
    "text as a pull secret": "format: text\nkeys: [.dockerconfigjson]\n",
}


def selections() -> list[Case]:
    """An entry's fields and a document."""
    return [
        Case(selection, document, f"{fields}\x00{content}", {})
        for selection, fields in _SELECTIONS.items()
        for document, content in _DOCUMENTS.items()
    ]


BY_KIND = {"lists": lists, "selections": selections}
