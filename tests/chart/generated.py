"""What is made from the chart: `deploy/manifests`, and of the comments in its values.yaml the table
of its values, and their descriptions in values.schema.json, which editors show.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.chart.helm import CHART, ROOT, Helm

MANIFESTS = ROOT / "deploy/manifests"
VALUES_PAGE = ROOT / "docs/chart-values.md"
SCHEMA = CHART / "values.schema.json"
# Helm makes namespaces by an option, not from a chart; and knows nothing of kustomize.
_NAMESPACE, _REFERENCES = "namespace.yaml", "references"
_BY_HAND = (_NAMESPACE, _REFERENCES)
_HEADER = "# Made from deploy/chart/jasm by `make manifests`: change it there.\n"
_WIDTH = 100  # of a line of the schema
_SOURCE = re.compile(r"^---\n# Source: jasm/templates/(\S+)\n", re.MULTILINE)
# Nobody that applies these files is Helm.
_HELMS = re.compile(r"^ +(helm\.sh/chart: .*|app\.kubernetes\.io/managed-by: Helm)\n", re.MULTILINE)
_KUSTOMIZATION = """\
# A base for your overlay, which says where your images are (docs/install.md).
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
configurations: [references]
resources:
"""
_PAGE = """\
# Values of the Helm chart

What `deploy/chart/jasm` can be told, made from its `values.yaml` by `make manifests`. A name that
is not here is an error: `values.schema.json` knows them all. Examples for whole situations are in
`deploy/chart/jasm/examples`; how to install is in [install.md](install.md).

| value | default | what it is |
|---|---|---|
"""


def files(helm: Helm) -> dict[Path, str]:
    """Every file that is made, and its text."""
    rendered: dict[Path, str] = {}
    parts = _SOURCE.split(helm.template())[1:]
    for template, text in zip(parts[::2], parts[1::2], strict=True):
        if template.startswith("tests/"):
            continue
        file = MANIFESTS / template
        before = f"{rendered[file]}---\n" if file in rendered else _HEADER
        rendered[file] = before + _HELMS.sub("", text)
    named = sorted(file.name for file in rendered)
    listed = "".join(f"  - {name}\n" for name in [_NAMESPACE, *named])
    # Without an ending `kubectl apply -f deploy/manifests` leaves it alone.
    rendered[MANIFESTS / "Kustomization"] = _HEADER + _KUSTOMIZATION + listed
    return rendered | {VALUES_PAGE: values_page(), SCHEMA: schema()}


def outdated(wanted: Mapping[Path, str], folder: Path = MANIFESTS) -> list[Path]:
    """Files that are not as they are made, or missing, and in `folder` those that are left over."""
    wrong = [file for file, text in wanted.items() if not file.exists() or file.read_text() != text]
    known = [*wanted, *(folder / name for name in _BY_HAND)]
    return wrong + [file for file in folder.iterdir() if file.is_file() and file not in known]


def values_page() -> str:
    """The table of values.yaml: each with its default and the comment above it."""
    rows = ((".".join(it.path), it.default, it.about.replace("|", r"\|")) for it in described())
    return _PAGE + "".join(
        f"| `{path}` | `{default}` | {about} |\n" for path, default, about in rows
    )


def schema() -> str:
    """The schema as it is, with these comments as its descriptions."""
    found = json.loads(SCHEMA.read_text())
    for value in described():
        part = found
        for name in value.path:
            part = part["properties"][name]
        part.pop("description", None)
        own = dict(part)
        part.clear()
        part.update({"description": value.about, **own})
    return _laid_out(found, "", 0) + "\n"


class Value(NamedTuple):
    """One of values.yaml."""

    path: tuple[str, ...]
    default: str
    """As JSON."""
    about: str


def described() -> list[Value]:
    """Each that has a comment, or no other below it."""
    text = (CHART / "values.yaml").read_text()
    root = yaml.compose(text)
    assert isinstance(root, yaml.MappingNode)
    return list(_values(root, text.splitlines(), ()))


def _values(node: yaml.MappingNode, lines: list[str], above: tuple[str, ...]) -> Iterator[Value]:
    for key, value in node.value:
        path = (*above, key.value)
        about = _comment(lines, key.start_mark.line)
        if about or not isinstance(value, yaml.MappingNode) or value.flow_style:
            yield Value(path, _default(value), about)
        else:
            yield from _values(value, lines, path)


def _comment(lines: list[str], line: int) -> str:
    """The comment right above that line."""
    found: list[str] = []
    while line and lines[line - 1].lstrip().startswith("# "):
        line -= 1
        found.insert(0, lines[line].lstrip()[2:])
    return " ".join(found)


def _default(node: yaml.Node) -> str:
    value: Any = yaml.safe_load(yaml.serialize(node))
    return json.dumps(value, ensure_ascii=False)


def _laid_out(part: Any, indent: str, taken: int) -> str:
    """JSON, in one line where it fits beside the `taken` characters before it."""
    flat = json.dumps(part, ensure_ascii=False)
    if taken + len(flat) <= _WIDTH or not part or not isinstance(part, dict | list):
        return flat
    inner = f"{indent}  "
    if isinstance(part, list):
        lines = [_laid_out(it, inner, len(inner)) for it in part]
        return f"[\n{inner}" + f",\n{inner}".join(lines) + f"\n{indent}]"
    names = {name: f"{json.dumps(name)}: " for name in part}
    lines = [f"{head}{_laid_out(part[it], inner, len(inner + head))}" for it, head in names.items()]
    return f"{{\n{inner}" + f",\n{inner}".join(lines) + f"\n{indent}}}"
