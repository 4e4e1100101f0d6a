"""Write docs/licences.md anew from locks and packages: `python -m tests.docs_licences`."""

import re
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from license_expression import LicenseExpression, get_spdx_licensing

from deploy.image import licences

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "licences.md"
IMAGES = ("init", "injector", "full")

ALLOWED = {
    *("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0"),
    # Copyleft of its own files only: they are shipped as they come, licence beside them.
    "MPL-2.0",
}
"""What JASM's images may contain beyond their base. Another one is a decision, not an update."""

_HEAD = """# Licences

JASM is Apache-2.0 (`LICENSE`, in each image at `/opt/jasm/LICENSE`). Beside it and Python, the
images contain these packages, each with its licence text in its `*.dist-info` folder in
`/opt/jasm`. What the base image brings is in the [bill of materials](images.md#bills-of-materials).

A test fails where a package has another licence than {allowed}.

| package | version | licence | in the images |
|---|---|---|---|
"""


class Shipped(NamedTuple):
    """A package that is in some of the images."""

    name: str
    version: str
    licence: str
    """An SPDX expression."""
    images: tuple[str, ...]


def locked(image: str) -> dict[str, str]:
    """Version by name, for all platforms."""
    text = (ROOT / f"requirements/{image}.txt").read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", text, re.MULTILINE))


def shipped() -> list[Shipped]:
    """By name. Raises PackageNotFoundError where the environment does not have a package."""
    locks = {image: locked(image) for image in IMAGES}
    names = sorted({name for lock in locks.values() for name in lock})
    return [_shipped(name, locks) for name in names]


def _shipped(name: str, locks: dict[str, dict[str, str]]) -> Shipped:
    package = metadata.distribution(name)
    images = tuple(image for image, lock in locks.items() if name in lock)
    return Shipped(name, package.version, licences.of(package), images)


def allowed(expression: str) -> bool:
    """Whether the licence leaves a way that is in ALLOWED. Raises ExpressionError if not SPDX."""
    return _allowed(get_spdx_licensing().parse(expression, validate=True))


def _allowed(found: LicenseExpression) -> bool:
    if not found.args:
        return str(found) in ALLOWED
    each = [_allowed(part) for part in found.args]
    return all(each) if found.operator.strip() == "AND" else any(each)


def page() -> str:
    """The whole text."""
    names = sorted(ALLOWED)
    head = _HEAD.format(allowed=f"{', '.join(names[:-1])} or {names[-1]}")
    rows = (
        f"| {one.name} | {one.version} | {one.licence} | {', '.join(one.images)} |\n"
        for one in shipped()
    )
    return head + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
