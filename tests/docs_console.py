"""Write the console blocks of a page anew: `python -m tests.docs_console`, then read the diff.

A block ```console begins with `$ initsync …`, and shows what that prints.
"""

import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from initsync.cli.main import main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "docs" / "permissions.md"]
_BLOCK = re.compile(r"```console\n\$ initsync (.+)\n((?:.*\n)*?)```\n")


def page(text: str) -> str:
    """The text with each block as the command prints it, run in the repository's root."""
    return _BLOCK.sub(lambda found: _block(found[1]), text)


def _block(command: str) -> str:
    result = CliRunner().invoke(main, shlex.split(command))
    if result.exit_code:
        raise ValueError(f"initsync {command}: {result.output}")
    return f"```console\n$ initsync {command}\n{result.stdout}```\n"


if __name__ == "__main__":
    for file in PAGES:
        file.write_text(page(file.read_text()))
