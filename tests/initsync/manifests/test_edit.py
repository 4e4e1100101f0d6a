"""What is added to a manifest's text is there, and everything else stays as it was."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

import jsonpatch
import jsonpointer
import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from initsync.injection.byhand import by_hand
from initsync.injection.settings import InjectionSettings
from initsync.manifests.edit import NotEditable, added
from initsync.words import keys
from tests.full import FULL
from tests.initsync.manifests.yaml_writer import Writer
from tests.places import GOLDEN

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PODS = [file.read_text() for file in sorted(GOLDEN.glob("*.pod.yaml"))]
ASKING = [source for source in PODS if keys.ANNOTATION in source and len(source) < 1000]
OPTIONAL = {"op": "add", "path": "/spec/volumes/0/secret/optional", "value": True}


def block(pod: object) -> str:
    return yaml.safe_dump(pod, sort_keys=False)


STYLES: dict[str, Callable[[object], str]] = {
    "block": block,
    "indented": lambda pod: block(pod).replace("\n- ", "\n  -   "),
    "wide": lambda pod: yaml.safe_dump(pod, indent=6),
    "mixed": lambda pod: yaml.safe_dump(pod, default_flow_style=None),
    "flow": lambda pod: yaml.safe_dump(pod, default_flow_style=True, width=40),
    "json": json.dumps,
    "json with tabs": lambda pod: json.dumps(pod, indent="\t"),
    "crlf": lambda pod: block(pod).replace("\n", "\r\n"),
    "no newline": lambda pod: block(pod).rstrip("\n"),
}


def read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return yaml.load(text, Loader)


def in_order(lines: list[str], found: list[str]) -> bool:
    """Whether all of `lines` are in `found`, one after the other."""
    rest = iter(found)
    return all(line in rest for line in lines)


def replaces(pod: Any, operations: list[dict[str, Any]]) -> bool:
    """Whether a line of the pod's must change, for it says something else."""
    paths = [jsonpointer.JsonPointer(it["path"]) for it in operations]
    return any(
        isinstance(path.to_last(pod)[0], dict) and path.resolve(pod, None) is not None
        for path in paths
    ) or any(value in (None, []) for value in pod["spec"].values())


@pytest.mark.parametrize("style", STYLES)
def test_any_golden_pod_in_any_style_has_what_the_patch_adds(style: str) -> None:
    """Each pod in a third of the styles, and each style with a third of the pods; in full all."""
    turn = list(STYLES).index(style)
    for source in PODS if FULL else PODS[turn % 3 :: 3]:
        text = STYLES[style](read(source))
        operations = by_hand(read(text), InjectionSettings("i")).operations

        assert read(added(text, operations)) == jsonpatch.apply_patch(read(text), operations)


@given(st.sampled_from(PODS), st.data())
def test_comments_anywhere_stay_and_break_nothing(source: str, data: st.DataObject) -> None:
    lines = source.splitlines()
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(lines)))
        comment = data.draw(st.sampled_from(["# it's", "    # - a: {", "", "  #", "          # x"]))
        lines.insert(at, comment)
    text = "\n".join(lines) + data.draw(st.sampled_from(["\n", ""]))
    try:
        pod = read(text)
        operations = by_hand(pod, InjectionSettings("i")).operations
    except (yaml.YAMLError, KeyError):
        assume(False)

    result = added(text, operations)

    assert read(result) == jsonpatch.apply_patch(pod, operations)
    if not any(sign in source for sign in "{[") and not replaces(pod, operations):
        assert in_order(text.splitlines(), result.splitlines())


@given(st.sampled_from(ASKING), st.integers(0, 2**32))
def test_in_whatever_styles_a_pod_is_written_it_has_what_the_patch_adds_and_nothing_else(
    source: str, seed: int
) -> None:
    random, pod = Random(seed), read(source)
    pod["spec"] = random.choice([pod["spec"], pod["spec"], {}, {"volumes": None}])
    pod["metadata"]["annotations"] |= random.choice([{}, {keys.INJECT: "true"}])
    text = Writer(random).document(pod)
    assert read(text) == pod
    operations = by_hand(pod, InjectionSettings("i")).operations

    assert read(added(text, operations)) == jsonpatch.apply_patch(pod, operations)


def test_dates_are_strings_to_kubernetes_and_no_day_is_wrong() -> None:
    assert added("a: 2024-13-01\n", [{"op": "add", "path": "/b", "value": 1}]) == (
        "a: 2024-13-01\nb: 1\n"
    )


@pytest.mark.parametrize(
    ("before", "operations", "after"),
    [
        ("a: {}\n", {"/a/b": 1}, 'a: {"b": 1}\n'),
        ("a: [1, ]\n", {"/a/-": 2}, "a: [1, 2]\n"),
        ("a: [] # none\n", {"/a": ["x"]}, "a:\n  - x # none\n"),
        ("a:\nb: 1\n", {"/a": ["x"]}, "a:\n  - x\nb: 1\n"),
        ("a: null\n", {"/a": ["x"]}, "a:\n  - x\n"),
        ("{a: null}\n", {"/a": ["x"]}, '{a: ["x"]}\n'),
        ("a: false\n", {"/a": True}, "a: true\n"),
        ("a:\n# one\n- 1\n# two\n", {"/a/0": 0}, "a:\n- 0\n# one\n- 1\n# two\n"),
        (
            "a:\n  - 1 # one\n  # end\nb: 2\n",
            {"/a/-": 2},
            "a:\n  - 1 # one\n  - 2\n  # end\nb: 2\n",
        ),
        ("a: {b: [1]}\n", {"/a/b/0": 0, "/a/c": "d"}, 'a: {b: [0, 1], "c": "d"}\n'),
        ("a:\n  b: |\n    x\n\n# c\n", {"/a/d": "e"}, "a:\n  b: |\n    x\n  d: e\n\n# c\n"),
        ("a:\n  b: |+\n    x\n\nc: 1\n", {"/a/d": "e"}, "a:\n  b: |+\n    x\n\n  d: e\nc: 1\n"),
        ("a:\n  b: 1\n  b: 2", {"/a/c": "yes"}, 'a:\n  b: 1\n  b: 2\n  c: "yes"'),
        ("a:\n  - b: 1\n", {"/a/0/c": "1e3", "/a/-": "x"}, None),
        ("a: [1, # one\n]\n", {"/a/-": 2}, "a: [1, # one\n2]\n"),
        ("a: {b: 1 # one,\n}\n", {"/a/c": 2}, 'a: {b: 1 # one,\n, "c": 2}\n'),
        ("a: {}\n", {"/a/b": [1], "/a/c": [2]}, 'a: {"b": [1], "c": [2]}\n'),
        ("a: [1,]\n", {"/a/-": 2}, "a: [1,2]\n"),
        ("a:\n  b: |-\n    no\n  c: 1\n", {"/a/b": "x"}, 'a:\n  b: "x"\n  c: 1\n'),
        ("a:\n  b: >+\n    no\n\n  c: 1\n", {"/a/b": "x"}, None),
        ("a:\n  b: |-\n    x", {"/a/c": "d"}, "a:\n  b: |-\n    x\n  c: d"),
        ("a:\n  b: |+\n    x\n", {"/a/c": "d"}, "a:\n  b: |+\n    x\n  c: d\n"),
        ("a:\n  ? b\n  : []\n", {"/a/b": [1]}, None),
        ("a:\t# tab\n  b: x\ty\n", {"/a/c": "d"}, "a:\t# tab\n  b: x\ty\n  c: d\n"),
        ('{"a": "\\ud83d\\ude00", "b": []}', {"/b/-": 1}, '{"a": "\\ud83d\\ude00", "b": [1]}'),
    ],
)
def test_it_goes_where_people_would_write_it(
    before: str, operations: dict[str, Any], after: str | None
) -> None:
    patch = [{"op": "add", "path": path, "value": value} for path, value in operations.items()]

    result = added(before, patch)

    assert read(result) == jsonpatch.apply_patch(read(before), patch)
    assert after in (None, result)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("spec:\n  volumes:\n    - secret: {}\n  x: |\n    y", "must end in a line break"),
        ("spec:\n  volumes:\n    - secret: {}\n  x: |+\n    y", "must end in a line break"),
        ("spec:\r  volumes:\r    - secret: {}\r", "must end in LF, or CR and LF"),
        ("spec:\n  volumes: [secret: {}]\n", "would change something else"),
    ],
)
def test_what_cannot_be_written_without_another_change_is_refused(text: str, sentence: str) -> None:
    more = [{"op": "add", "path": f"/spec/{name}", "value": "z"} for name in ("a", "b")]
    last = {"op": "add", "path": "/spec/volumes/0/optional", "value": True}

    with pytest.raises(NotEditable, match=sentence):
        added(text, [*more, last])


@pytest.mark.parametrize(
    "text",
    [
        "spec:\n  volumes: &v\n    - secret: {}\n",
        "x: &v\n  - secret: {}\nspec:\n  volumes: *v\n",
        "spec: !!map\n  volumes:\n    - secret: {}\n",
        "x: &s\n  volumes:\n    - secret: {}\nspec:\n  <<: *s\n",
        "x: &s {secret: {}}\nspec:\n  volumes:\n    - <<: *s\n",
        "spec: &s\n  volumes:\n    - secret: {}\n",
        "spec: 1\n",
        "spec: {}\n",
        "a: " + "[" * 400 + "]" * 400 + "\nspec: {volumes: [" + "[" * 400 + "]" * 400 + "]}\n",
    ],
)
def test_what_it_would_change_elsewhere_or_cannot_find_is_refused(text: str) -> None:
    with pytest.raises(NotEditable):
        added(text, [OPTIONAL])


def test_aliases_elsewhere_stay() -> None:
    text = "labels: &l {app: web}\nselector: *l\nspec:\n  volumes:\n    - secret: {secretName: x}\n"

    result = added(text, [OPTIONAL])

    assert result == text.replace("name: x}", "name: x}").replace(
        "{secretName: x}", '{secretName: x, "optional": true}'
    )
