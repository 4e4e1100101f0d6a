"""What our image adds to its base, layer by layer: `size.py IMAGE.tar [--limit MB]`.

As `docker save`, `podman save` or `buildah push ... docker-archive:` write it (SAVE of `build`).
Exit code 1: it adds more than the limit. https://github.com/moby/docker-image-spec
"""

import argparse
import json
import sys
import tarfile
from pathlib import Path
from typing import Any, NamedTuple

FIRST = "rm -rf /usr/local/lib/python3*/site-packages/pip*"
"""The Dockerfile's first step upon its base."""


class Layer(NamedTuple):
    """One of an image."""

    digest: str
    size: int
    """Bytes, unpacked."""
    made_by: str


def layers(archive: Path) -> list[Layer]:
    """The lowest first."""
    with tarfile.open(archive) as tar:
        (manifest,) = _json(tar, "manifest.json")
        sizes = [tar.getmember(name).size for name in manifest["Layers"]]
    said = config(archive)
    steps = [step.get("created_by", "") for step in said["history"] if not step.get("empty_layer")]
    return [Layer(*found) for found in zip(said["rootfs"]["diff_ids"], sizes, steps, strict=True)]


def config(archive: Path) -> Any:
    """How the image is started, and what it was made of."""
    with tarfile.open(archive) as tar:
        (manifest,) = _json(tar, "manifest.json")
        return _json(tar, manifest["Config"])


def _json(tar: tarfile.TarFile, name: str) -> Any:
    file = tar.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is no file")
    return json.load(file)


def added(image: list[Layer]) -> list[Layer]:
    """Those above the base. Raises ValueError where the image is not ours."""
    for number, layer in enumerate(image):
        if FIRST in layer.made_by:
            return image[number:]
    raise ValueError("the image was not made by JASM's Dockerfile")


def main(arguments: list[str]) -> int:
    """Print a line a layer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("image", type=Path)
    parser.add_argument("--limit", type=float, default=25.0, metavar="MB")
    chosen = parser.parse_args(arguments)
    image = layers(chosen.image)
    ours = added(image)
    print(f"{_mb(image) - _mb(ours):8.2f} MB  base, {len(image) - len(ours)} layers")
    for layer in ours:
        print(f"{_mb([layer]):8.2f} MB  {layer.made_by.removeprefix('/bin/sh -c ')[:80]}")
    print(f"{_mb(ours):8.2f} MB  above its base; at most {chosen.limit:g}")
    return int(_mb(ours) > chosen.limit)


def _mb(some: list[Layer]) -> float:
    return sum(layer.size for layer in some) / 1e6


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
