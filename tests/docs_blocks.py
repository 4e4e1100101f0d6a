"""The examples in docs/: what stands between fences, by language."""

import re
from pathlib import Path
from typing import Any

import yaml

DOCS = Path(__file__).parents[1] / "docs"


def blocks(page: str, language: str) -> list[str]:
    """Of docs/PAGE.md, in order."""
    text = (DOCS / f"{page}.md").read_text("utf-8")
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)


def marked(page: str, mark: str, language: str = "yaml") -> list[str]:
    """Those that begin with the comment `mark`."""
    return [text for text in blocks(page, language) if text.startswith(f"# {mark}\n")]


def manifests(page: str) -> list[Any]:
    """The Kubernetes objects that docs/PAGE.md shows whole."""
    documents = [one for text in blocks(page, "yaml") for one in yaml.safe_load_all(text)]
    return [one for one in documents if {"apiVersion", "kind", "metadata"} <= one.keys()]
