"""Shell completion of `initsync`, as docs/reference.md has it."""

import os
import subprocess
import sys

import pytest

from tests.places import ROOT


@pytest.mark.parametrize(
    ("shell", "says"),
    [("bash", "complete -o nosort"), ("zsh", "#compdef initsync"), ("fish", "complete --no-files")],
)
def test_the_completion_script_is_printed(shell: str, says: str) -> None:
    code = "import sys; sys.argv = ['initsync']; from initsync.__main__ import main; main()"

    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | {"_INITSYNC_COMPLETE": f"{shell}_source", "PYTHONPATH": str(ROOT)},
    )

    assert ended.returncode == 0
    assert says in ended.stdout
    assert "_INITSYNC_COMPLETE" in ended.stdout
