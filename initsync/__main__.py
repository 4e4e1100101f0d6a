"""`initsync` and `python -m initsync`."""

import sys

from initsync.words.wording import install


def main() -> None:
    """Run the CLI, or say what to install for it."""
    try:
        from initsync.cli.main import main as cli  # beside the `main` here
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        sys.exit(f"initsync needs the package click: {install('cli')}")
    cli()


if __name__ == "__main__":
    main()
