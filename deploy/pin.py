"""The chart that is released, by the images that were: `python3 -m deploy.pin REGISTRY DIGESTS`.

Writes the registry, such as ghcr.io/acme, and the images' digests into the chart's values.yaml, so
that the chart installs these images and no others. DIGESTS is the release's JSON, digest by image.
Standard library only, as a step of the release on a bare machine.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

VALUES = Path(__file__).with_name("chart") / "jasm/values.yaml"
IMAGES = ("init", "injector")
"""What the chart runs; JASM's third image is for people."""
_REGISTRY = re.compile(r"[\w.-]+(?::\d+)?(?:/[\w.-]+)*")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def main(registry: str, digests: str) -> None:
    """Exit with a sentence where that cannot be."""
    try:
        VALUES.write_text(pinned(VALUES.read_text("utf-8"), registry, json.loads(digests)), "utf-8")
    except ValueError as error:
        sys.exit(f"error: {error}")


def pinned(values: str, registry: str, digests: Mapping[str, str]) -> str:
    """The text of values.yaml with them in it. Raises ValueError."""
    if not _REGISTRY.fullmatch(registry):
        raise ValueError(f"{registry!r} is no registry such as ghcr.io/acme")
    values = _filled(values, "imageRegistry", r"^imageRegistry: ", registry)
    for image in IMAGES:
        digest = digests.get(image, "")
        if not _DIGEST.fullmatch(digest):
            raise ValueError(f"the digest of {image} is {digest!r}, not sha256:…")
        below = rf"^    repository: jasm/{image}\n(?:    .*\n)*?    digest: "
        values = _filled(values, f"digest of jasm/{image}", below, digest)
    return values


def _filled(values: str, name: str, before: str, value: str) -> str:
    text, times = re.subn(f'(?m)({before})""$', rf"\g<1>{value}", values)
    if times != 1:
        raise ValueError(f"{VALUES.name} has {times} times an empty {name}, not once")
    return text


if __name__ == "__main__":
    main(*sys.argv[1:3])
