"""The scan of all output for planted values can fail: it is tried on a suite that leaks."""

import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parent / "conftest.py"


@pytest.mark.parametrize(
    ("body", "exit_code"),
    [
        ("print('nothing')", 0),
        ("print('pl4nted-value')", 1),
        ("import sys; print('pl4nted-value', file=sys.stderr)", 1),
        ("import subprocess; subprocess.run(['echo', 'pl4nted-value'])", 1),
    ],
)
def test_a_printed_value_fails_the_run(tmp_path: Path, body: str, exit_code: int) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text())
    (tmp_path / "test_it.py").write_text(f"def test_it():\n    {body}\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]

    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert ended.returncode == exit_code, ended.stdout
    assert ("a secret value was printed by test_it.py::test_it" in ended.stdout) == bool(exit_code)
