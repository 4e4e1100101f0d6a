"""In the image's build: the commands. `python3 launchers.py ROOT FLAGS NAME=MODULE...`.

Each is a file of ROOT/usr/local/bin that runs `main` of a module in /opt/jasm. FLAGS go to the
interpreter: `-IS` ignores environment and site-packages (https://docs.python.org/3/using/cmdline.html).
"""

import sys
from pathlib import Path

TEXT = """#!{python} {flags}
import sys
sys.path.insert(0, "/opt/jasm")
from {module} import main
main()
"""


def write(root: Path, flags: str, name: str, module: str) -> None:
    """One command."""
    file = root / "usr/local/bin" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(TEXT.format(python=sys.executable, flags=flags, module=module))
    file.chmod(0o755)


if __name__ == "__main__":
    for command in sys.argv[3:]:
        write(Path(sys.argv[1]), sys.argv[2], *command.split("="))
