"""Take the bill of materials out of an image: `bill.py IMAGE.tar` prints it.

As `docker save`, `podman save` or `buildah push ... docker-archive:` write it (SAVE of `build`).
"""

import argparse
import json
import sys
import tarfile
from pathlib import Path

PLACE = "opt/jasm/sbom.cdx.json"


def of(archive: Path) -> bytes:
    """The file. Raises LookupError for an image that has none."""
    with tarfile.open(archive) as tar:
        (manifest,) = json.loads(_content(tar, "manifest.json"))
        for name in reversed(manifest["Layers"]):
            with tarfile.open(fileobj=tar.extractfile(name)) as layer:
                if PLACE in layer.getnames():
                    return _content(layer, PLACE)
    raise LookupError(f"{archive} has no /{PLACE}: JASM's Dockerfile did not make it")


def _content(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    if file is None:
        raise LookupError(f"{name} is no file")
    return file.read()


def main(arguments: list[str]) -> None:
    """Print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("image", type=Path)
    try:
        sys.stdout.buffer.write(of(parser.parse_args(arguments).image))
    except (LookupError, OSError, tarfile.TarError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
