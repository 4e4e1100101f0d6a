"""Hostile annotations and secrets: each a clear answer, none a traceback, slow or large."""

import json
import subprocess
import sys
from typing import Any

import pytest

from initsync.words.errors import JasmError
from tests.full import only_in_full
from tests.hostile import cases, meter
from tests.hostile.cases import PLANTED, Answer, Case
from tests.places import ROOT

MS = 50
MEGABYTES = 50
SENTENCE = 700
"""Characters; the longest sentence shows 253 of a key, escaped."""
ANNOTATIONS = cases.load("annotations")
SECRETS = cases.load("secrets")


def case_id(case: Case) -> str:
    return f"{case.theme}: {case.name}"


def test_there_are_300_annotations_and_100_secrets_all_different() -> None:
    assert len({repr(case.parts) for case in ANNOTATIONS}) == len(ANNOTATIONS) >= 300
    assert len({repr(case.parts) for case in SECRETS}) == len(SECRETS) >= 100


def test_most_secrets_hold_a_value_that_a_sentence_could_show() -> None:
    assert (
        sum(PLANTED in case.text and "InvalidSecretData" in case.expected for case in SECRETS) > 100
    )


@pytest.mark.threat("An annotation is malicious")
@pytest.mark.parametrize("case", ANNOTATIONS, ids=case_id)
def test_a_hostile_annotation_has_a_clear_answer(case: Case) -> None:
    found = cases.answer("annotations", case.text)

    assert told(found) == told_as(found, case.expected)


@pytest.mark.threat("A cloud role is compromised")
@pytest.mark.parametrize("case", SECRETS, ids=case_id)
def test_a_hostile_secret_has_a_clear_answer_without_its_values(case: Case) -> None:
    found = cases.answer("secrets", case.text)

    assert told(found) == told_as(found, case.expected)
    assert PLANTED not in str(found) or not isinstance(found, JasmError)


def told(found: Answer) -> dict[str, Any]:
    """An answer in the words of the data files."""
    if isinstance(found, JasmError):
        assert found.exit_code == 3
        assert str(found).isprintable()
        assert len(str(found)) < SENTENCE
        return {found.reason: str(found)}
    if isinstance(found, tuple):
        (request,) = found
        return {"request": [request.provider, request.secret_path, request.secret_name]}
    return {"data": found}


def told_as(found: object, expected: dict[str, Any]) -> dict[str, Any]:
    """What is expected, with a part of a sentence or the sizes of values filled in."""
    [(kind, value)] = ((key, value) for key, value in expected.items() if key != "ms")
    if isinstance(found, JasmError) and isinstance(value, str) and value in str(found):
        return {kind: str(found)}
    if isinstance(found, dict) and kind == "bytes":
        sizes = {key: len(text.encode()) for key, text in found.items()}
        return {"data": found} if sizes == value else {kind: value}
    if isinstance(found, dict) and kind == "keys":
        return {"data": found} if len(found) == value else {kind: value}
    return {kind: value}


@pytest.mark.threat("An annotation is malicious")
@pytest.mark.parametrize("part", [0, pytest.param(1, marks=only_in_full)])
@pytest.mark.parametrize("kind", ["annotations", "secrets"])
def test_none_is_over_50_ms_or_50_megabytes(kind: str, part: int) -> None:
    command = [sys.executable, "-m", meter.__name__, kind, f"{part}", "2"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    measured = {name: (seconds, size) for name, seconds, size in json.loads(ran.stdout)}
    limits = {case_id(case): case.expected.get("ms", MS) for case in cases.load(kind)[part::2]}

    assert measured.keys() == limits.keys()
    assert {
        name: f"{seconds * 1000:.0f} ms, {size / 1e6:.0f} MB"
        for name, (seconds, size) in measured.items()
        if seconds * 1000 > limits[name] or size > MEGABYTES * 1e6
    } == {}


METERED = """
from tests.hostile.meter import cost
seconds, size = cost(lambda: {work})
print(seconds > {ms} / 1000, size > {megabytes} * 1_000_000)
"""


@pytest.mark.parametrize(
    ("work", "ms", "verdict"),
    [
        ("sum(range(30_000_000))", MS, "True False"),
        # The kernel alone takes up to 60 ms for so many pages.
        ("b'x' * 60_000_000", 10 * MS, "False True"),
        ("None", MS, "False False"),
        ("1 / 0", MS, "True False"),
    ],
)
def test_the_meter_sees_what_is_slow_large_or_dead(work: str, ms: int, verdict: str) -> None:
    program = METERED.format(work=work, ms=ms, megabytes=MEGABYTES)

    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert ran.stdout.strip() == verdict
