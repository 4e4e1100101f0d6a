"""What is made from the chart is as the chart is."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from tests.chart import generated
from tests.chart.helm import CHART, ROOT, VERSION, VERSION_4, Helm

HOW = "run `make manifests` and commit what it writes"
SCHEMA = json.loads((CHART / "values.schema.json").read_text())


def test_the_manifests_and_the_table_of_values_are_made_from_the_chart(helm: Helm) -> None:
    wrong = generated.outdated(generated.files(helm))

    assert [str(file.relative_to(ROOT)) for file in wrong] == [], HOW


def test_a_file_that_no_template_makes_any_more_is_noticed(tmp_path: Path) -> None:
    stray, by_hand = tmp_path / "stray.yaml", tmp_path / "namespace.yaml"
    stray.touch()
    by_hand.touch()

    assert generated.outdated({}, tmp_path) == [stray]


def test_a_file_that_is_missing_or_edited_is_noticed(tmp_path: Path) -> None:
    edited, missing = tmp_path / "a.yaml", tmp_path / "b.yaml"
    edited.write_text("replicas: 3\n")

    assert generated.outdated({edited: "replicas: 2\n", missing: ""}, tmp_path) == [edited, missing]


def test_nothing_that_is_applied_without_helm_says_that_it_is_helms(helm: Helm) -> None:
    assert [name for name, text in generated.files(helm).items() if "Helm\n" in text] == []


def test_every_value_is_described_in_the_table() -> None:
    rows = [line for line in generated.values_page().splitlines() if line.startswith("| `")]

    assert len(rows) > 50
    assert [row for row in rows if row.endswith("|  |")] == []


def test_every_value_is_described_in_the_schema_by_the_comment_above_it() -> None:
    """Editors show it there, alone: so it needs no neighbour to be understood."""
    values = generated.described()

    assert len(values) > 129
    for value in values:
        part = SCHEMA
        for name in value.path:
            part = part["properties"][name]
        assert part["description"] == value.about != "", value.path
        assert not re.match(r"Likewise|Of (the|each|it)\b|As above", value.about), value.path


def test_every_value_is_in_the_schema_and_every_property_of_the_schema_is_a_value() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text()) | {"enabled": True}

    assert list(differences(values, SCHEMA, "")) == []


def differences(values: Any, schema: dict[str, Any], where: str) -> Any:
    """Names that are on one side only, of objects that the schema closes."""
    if "$ref" in schema:
        schema = SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]]
    if not isinstance(values, dict) or schema.get("additionalProperties") is not False:
        return
    if "patternProperties" in schema:
        return  # names of the user's own
    if where.endswith(("Selector", "resources")) and "matchLabels" not in values:
        return  # optional parts of a form of Kubernetes'
    known = set(schema["properties"])
    yield from (f"{where}.{name}" for name in known ^ set(values))
    for name in known & set(values):
        yield from differences(values[name], schema["properties"][name], f"{where}.{name}")


def test_the_helms_that_are_built_are_those_that_the_go_module_pins() -> None:
    go_mod = (ROOT / "tests/chart/go/go.mod").read_text()

    assert f"helm.sh/helm/v3 v{VERSION} " in go_mod
    assert f"helm.sh/helm/v4 v{VERSION_4} " in go_mod
