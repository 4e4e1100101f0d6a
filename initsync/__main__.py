"""`initsync` and `python -m initsync`."""

import sys


def main() -> None:
    """Run the CLI, or say what to install for it."""
    try:
        from initsync.cli import main as cli
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        sys.exit("initsync needs the package click: in a clone of JASM pip install '.[cli]'")
    cli()


if __name__ == "__main__":
    main()
