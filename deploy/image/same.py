"""Whether two files hold one image: `python3 -m deploy.image.same FIRST.tar SECOND.tar`.

Compares what runs: each layer by the digest of its content, and how it is started. Names and
labels do not count. Files as `docker save`, `podman save`, or SAVE of `build` write them. Exit
code 1: they differ.
"""

import argparse
import sys
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from deploy.image import size

_STARTED_BY = ("Entrypoint", "Cmd", "Env", "User", "WorkingDir")


def differences(first: Path, second: Path) -> Iterator[str]:
    """A line each. Raises ValueError for what is no image."""
    for number, (one, other) in enumerate(zip_longest(size.layers(first), size.layers(second)), 1):
        if one is None or other is None:
            yield f"layer {number} is in one of them only"
        elif one.digest != other.digest:
            yield f"layer {number} is {one.digest}, and {other.digest}: {one.made_by[:80]}"
    one_config, other_config = (size.config(file)["config"] for file in (first, second))
    for name in _STARTED_BY:
        if one_config.get(name) != other_config.get(name):
            yield f"{name} is {one_config.get(name)}, and {other_config.get(name)}"


def main(arguments: list[str]) -> int:
    """Print what differs, or that nothing does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    chosen = parser.parse_args(arguments)
    found = list(differences(chosen.first, chosen.second))
    for difference in found:
        print(difference)
    if not found:
        print(f"{len(size.layers(chosen.first))} layers, the same in both")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
