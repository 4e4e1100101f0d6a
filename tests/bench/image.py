"""`jasm-init` and the floor, run as the image runs `jasm-init`: `-IS`, bytecode compiled."""

import compileall
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from deploy.image import launchers, podpath
from tests.bench import gobuild

CHECKOUT = Path(__file__).parents[2]
REFERENCE = gobuild.REFERENCE.parent
FLAGS = "-IS"
_FLOOR = """#!{python} {flags}
import sys
sys.path.insert(0, "/opt/jasm")
import {module}
"""


def lay_out(root: Path, source: Path = CHECKOUT, python: str = sys.executable) -> Path:
    """The image's files below `root`, of the source tree `source`; the folder of its commands."""
    script = source / "deploy/image/podpath.py"
    library = Path(yaml.__file__).parents[1]
    subprocess.run([python, script, source, library, root], check=True)
    app = root / podpath.APP.relative_to("/")
    shutil.copy(REFERENCE / "floor.py", app)
    compileall.compile_file(app / "floor.py", quiet=1)
    commands = root / "commands"
    commands.mkdir()
    for name, text, module in (
        ("jasm-init", launchers.TEXT, "initsync.pod.main"),
        ("floor", _FLOOR, "floor"),
    ):
        file = commands / name
        filled = text.format(python=python, flags=FLAGS, module=module)
        file.write_text(filled.replace(str(podpath.APP), str(app)))
        file.chmod(0o755)
    return commands


def naive(bytecode: Path) -> list[str]:
    """The command of the naive program; its first run leaves compiled bytecode in `bytecode`."""
    option = f"pycache_prefix={bytecode}"
    return [sys.executable, "-s", "-X", option, str(REFERENCE / "naive.py")]
