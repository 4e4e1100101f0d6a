"""Whether all parts name one version: `python3 -m deploy.release TAG [--notes]`.

With --notes it prints the changelog's section of that version. Standard library only, as the
release's first step runs it on a bare machine. Exit code 1: something names another version.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
_EXAMPLES = ("2-by-hand-in-the-pod", "5-refresh", "6-secrets-without-a-pod")
_NAMED = {
    "initsync/__init__.py": r'^__version__ = "(.*)"$',
    "deploy/chart/jasm/Chart.yaml": r"^(?:version|appVersion): \"?([^\s\"]*)\"?$",
    "deploy/manifests/deployment.yaml": r"\bjasm/(?:init|injector):([^\s\"@]+)",
    **{f"deploy/examples/{it}.yaml": r"\bjasm/init:([^\s\"@]+)" for it in _EXAMPLES},
}
# Pages may name none.
_PAGES = ("README.md", "docs/*.md", "deploy/chart/jasm/README.md")
_VERSION = r"v?([0-9]+\.[0-9]+\.[0-9]+(?:[-+][\w.-]*\w)?)"
_SHOWN = re.compile(
    rf"\bjasm[/-](?:init|injector|full):{_VERSION}"
    rf"|\b(?:newTag|targetRevision): {_VERSION}"
    rf"|--version[ =]{_VERSION}"
    rf"|\b(?:initsync|injector) {_VERSION}"
)
_SECTION = r"^## \[?{version}(?=[\]\s]).*\n(?P<text>(?:(?!## ).*\n)*)"


def main(arguments: list[str]) -> int:
    """Print what is wrong, or the notes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tag", metavar="TAG", help="such as v1.2.3")
    parser.add_argument("--notes", action="store_true", help="print the changelog's section")
    chosen = parser.parse_args(arguments)
    version = chosen.tag.removeprefix("v")
    wrong = problems(ROOT, version)
    for problem in wrong:
        print(f"error: {problem}", file=sys.stderr)
    if not wrong and chosen.notes:
        print(notes((ROOT / "CHANGELOG.md").read_text("utf-8"), version))
    return int(bool(wrong))


def problems(root: Path, version: str) -> list[str]:
    """What has to change before `version` can be released from the files in `root`."""
    found = [
        f"{name} names {' and '.join(sorted(named)) or 'none'}, not {version}"
        for name, named in _named(root)
        if named != {version}
    ]
    if not notes((root / "CHANGELOG.md").read_text("utf-8"), version):
        found.append(f"CHANGELOG.md has no section {version}: rename Unreleased, with the date")
    return found


def _named(root: Path) -> Iterator[tuple[str, set[str]]]:
    for name, pattern in _NAMED.items():
        yield name, set(re.findall(pattern, (root / name).read_text("utf-8"), re.MULTILINE))
    for page in (page for pattern in _PAGES for page in sorted(root.glob(pattern))):
        if named := shown(page.read_text("utf-8")):
            yield page.relative_to(root).as_posix(), named


def shown(page: str) -> set[str]:
    """The versions of JASM that a page's examples name."""
    return {version for found in _SHOWN.findall(page) for version in found if version}


def notes(changelog: str, version: str) -> str:
    """The text below the heading of `version`; empty where there is none."""
    found = re.search(_SECTION.format(version=re.escape(version)), changelog + "\n", re.MULTILINE)
    return found["text"].strip() if found else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
