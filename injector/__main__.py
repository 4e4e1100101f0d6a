"""`jasm-injector` and `python -m injector`."""

import sys


def main() -> None:
    """Run the CLI, or say what to install for it."""
    try:
        from injector.cli import main as cli
    except ModuleNotFoundError as error:
        if error.name not in ("click", "uvloop", "httptools", "orjson", "cryptography"):
            raise
        install = "in a clone of JASM pip install '.[injector]'"
        sys.exit(f"jasm-injector needs the package {error.name}: {install}")
    cli()


if __name__ == "__main__":
    main()
