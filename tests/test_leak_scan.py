"""The scans of all output can fail: they are tried on suites that leak, and that print orders."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import outputs

CONFTEST = Path(__file__).parent / "conftest.py"
VALUE = "a secret value was printed by test_it.py::test_it"
ORDER = "was printed by test_it.py::test_it"
CAUGHT = "a terminal would obey what was written"
PROCESS = (
    "import subprocess, sys; subprocess.run([sys.executable, '-c', {!r}], capture_output=True)"
)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("print('nothing')", ""),
        ("print('pl4nted-value')", VALUE),
        ("import sys; print('pl4nted-value', file=sys.stderr)", VALUE),
        ("import subprocess; subprocess.run(['echo', 'pl4nted-value'])", VALUE),
        ("print('\\x1b[2J')", ORDER),
        ("import sys; print('\\u202e', file=sys.stderr)", ORDER),
        (PROCESS.format(r"'initsync'; print('\x9b2J')"), CAUGHT),
        (PROCESS.format(r"'somebody else'; print('\x9b2J')"), ""),
    ],
)
def test_what_may_not_be_printed_fails_the_run(tmp_path: Path, body: str, sentence: str) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text())
    (tmp_path / "test_it.py").write_text(f"def test_it():\n    {body}\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]

    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert ended.returncode == (1 if sentence else 0), ended.stdout
    assert sentence in ended.stdout


@pytest.mark.parametrize("sign", "\x00\x07\x08\x1b\r\x7f\x80\x9b\u061c\u200e\u202e\u2066\u2069")
def test_a_terminal_would_obey(sign: str) -> None:
    assert outputs.obeyed(f"before{sign}after") == ascii(f"before{sign}after")


def test_a_terminal_shows_everything_else() -> None:
    assert outputs.obeyed("a\tb\nпривет שלום 😀 …\xa0") == ""
