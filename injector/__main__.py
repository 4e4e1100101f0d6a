"""`jasm-injector` and `python -m injector`."""

import sys

from initsync.words.wording import install


def main() -> None:
    """Run the CLI, or say what to install for it."""
    try:
        from injector.cli.main import main as cli  # beside the `main` here
    except ModuleNotFoundError as error:
        if error.name not in ("click", "httptools", "orjson", "cryptography"):
            raise
        sys.exit(f"jasm-injector needs the package {error.name}: {install('injector')}")
    cli()


if __name__ == "__main__":
    main()
