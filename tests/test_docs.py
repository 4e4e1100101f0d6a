"""The pages say what the code does."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from initsync.annotation import check
from initsync.sync import report
from initsync.words import keys
from initsync.words.errors import JasmError
from tests import docs_update, errors_examples, errors_page

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
REFERENCE = (ROOT / "docs" / "reference.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]


def classes(base: type[JasmError] = JasmError) -> Iterator[type[JasmError]]:
    for found in base.__subclasses__():
        yield found
        yield from classes(found)


OF_PODS = [error for error in classes() if error.of_pods]


@pytest.mark.parametrize("error", OF_PODS, ids=lambda error: error.__name__)
def test_the_readme_lists_every_event_reason_with_its_exit_code(error: type[JasmError]) -> None:
    rows = [line for line in README.splitlines() if line.startswith("|")]
    assert any(f"`{error.reason}`" in row and f"| {error.exit_code} |" in row for row in rows)


def test_the_page_of_errors_is_the_failure_table_and_shows_every_class() -> None:
    assert docs_update.PAGE.read_text() == errors_page.page()
    assert {type(error) for error in errors_examples.EXAMPLES} == set(classes())
    assert all(errors_examples.remedy(error) for error in errors_examples.EXAMPLES)


def test_the_schema_of_the_annotation_is_the_one_that_is_printed() -> None:
    assert docs_update.SCHEMA.read_text() == docs_update.schema()


def test_each_reason_of_an_event_has_a_heading_that_a_link_finds() -> None:
    headings = re.findall(r"^## (\w+)$", errors_page.page(), re.M)

    done = {report.SYNCED, report.STALE, report.REPLACED}
    assert set(headings) >= {error.reason for error in classes()} | done
    assert len(set(headings)) == len(headings)


def test_the_page_of_errors_names_nothing_of_the_code() -> None:
    page = errors_page.page()

    assert [it.__name__ for it in classes() if f"**{it.__name__}**" in page] == []
    assert re.findall(r"\b[DF]\d+\b", page) == []


def test_the_reference_lists_every_variable_of_the_pod_path_and_no_other() -> None:
    folders = ("words", "sync", "pod", "network", "kube", "providers")
    files = (file for it in folders for file in (ROOT / "initsync" / it).rglob("*.py"))
    sources = "".join(file.read_text() for file in files)

    read = set(re.findall(r'"(JASM_[A-Z_]+)"', sources))

    assert set(re.findall(r"`(JASM_[A-Z_]+)`", REFERENCE)) == read


def test_the_reference_lists_every_aws_variable_and_no_other() -> None:
    files = (ROOT / "initsync" / "providers").rglob("*.py")
    sources = "".join(file.read_text() for file in files)

    read = set(re.findall(r'"(AWS_[A-Z_]+)"', sources))

    assert set(re.findall(r"`(AWS_[A-Z_]+)`", REFERENCE)) == read


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(
        r"(?:`|\()((?:deploy|docs|initsync|tests|requirements)/[\w./-]+)", page.read_text()
    )

    known = [name for name in named if "NAME" not in name]
    assert [name for name in known if not (ROOT / name).exists()] == []


def test_nobody_is_sent_to_a_package_index_for_what_is_not_released() -> None:
    """Whoever owned the name there would run their code."""
    sources = (file for top in ("initsync", "injector") for file in (ROOT / top).rglob("*.py"))
    commands = {
        command
        for file in (*PAGES, *sources)
        for command in re.findall(r"pipx? install [^`)\n]+", file.read_text())
    }

    assert {command for command in commands if ".[cli" in command}
    assert [command for command in commands if re.search(r"[ '\"]jasm\b", command)] == []


def test_the_readmes_pod_is_the_example_of_the_first_way_in() -> None:
    block = README.partition("```yaml\n")[2].partition("```")[0]
    example = yaml.safe_load((ROOT / "deploy/examples/1-injected.yaml").read_text())

    shown = yaml.safe_load(block)

    assert shown["metadata"] == example["metadata"]
    assert keys.ANNOTATION in shown["metadata"]["annotations"]


def test_the_reference_lists_every_annotation_that_a_pod_may_have() -> None:
    rows = re.findall(r"^\| (`jasm\.codnod\.io/[^|]+) \|", REFERENCE, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(jasm\.codnod\.io/[-a-z]+)`", row)}

    assert named == set(check.KNOWN) - {keys.ANNOTATION, keys.INJECTED}
