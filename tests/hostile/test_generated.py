"""Hostile lists and optional fields: each a clear answer, none a traceback, slow or large."""

import json
import subprocess
import sys

import pytest

from initsync.words.errors import JasmError
from tests.full import only_in_full
from tests.hostile import cases, generated, meter
from tests.hostile.cases import PLANTED
from tests.hostile.test_hostile import MEGABYTES, MS, SENTENCE
from tests.places import ROOT

CHUNK = 50
LIMITS = {"lists": MS, "selections": 2 * MS}
"""Milliseconds. What a provider gives is read by the pod alone, and not by the shared webhook."""
COUNTS = {kind: len(made()) for kind, made in generated.BY_KIND.items()}


def test_there_are_hundreds() -> None:
    assert COUNTS["lists"] >= 600
    assert COUNTS["selections"] >= 160


@pytest.mark.threat("An annotation is malicious")
@pytest.mark.parametrize(
    ("kind", "first"),
    [(kind, first) for kind, count in COUNTS.items() for first in range(0, count, CHUNK)],
)
def test_each_is_a_request_data_or_a_sentence_without_a_value(kind: str, first: int) -> None:
    for case in generated.BY_KIND[kind]()[first : first + CHUNK]:
        found = cases.answer(kind, case.text)

        if isinstance(found, JasmError):
            assert found.exit_code == 3, case.name
            assert str(found).isprintable(), case.name
            assert len(str(found)) < SENTENCE, case.name
            assert PLANTED not in str(found), case.name


@pytest.mark.threat("An annotation is malicious")
@pytest.mark.parametrize("part", [0, *(pytest.param(it, marks=only_in_full) for it in (1, 2, 3))])
@pytest.mark.parametrize("kind", generated.BY_KIND)
def test_none_is_slow_or_over_50_megabytes(kind: str, part: int) -> None:
    command = [sys.executable, "-m", meter.__name__, kind, f"{part}", "4"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    measured = json.loads(ran.stdout)

    assert len(measured) >= COUNTS[kind] // 4
    assert {
        name: f"{seconds * 1000:.0f} ms, {size / 1e6:.0f} MB"
        for name, seconds, size in measured
        if seconds * 1000 > LIMITS[kind] or size > MEGABYTES * 1e6
    } == {}
