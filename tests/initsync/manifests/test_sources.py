"""Two workloads of one namespace that make one Secret from different things."""

from typing import Any

import pytest
import yaml

from initsync import providers
from initsync.manifests import check, sources
from initsync.manifests.check import Finding
from initsync.manifests.sources import Sources
from initsync.manifests.workloads import Workload
from initsync.words import keys

GOOD = "provider: aws-secretsmanager\npath: /a\nsecretName: db\n"
APP = {"name": "a", "image": "b", "envFrom": [{"secretRef": {"name": "db"}}]}
ADVICE = "their pods write it in turn. Give one of the two another secretName"


def deployment(name: str, text: str, namespace: str = "shop") -> dict[str, Any]:
    template = {"metadata": {"annotations": {keys.ANNOTATION: text}}, "spec": {"containers": [APP]}}
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"kind": "Deployment", "metadata": metadata, "spec": {"template": template}}


def found(*objects: Any, together: Sources | None = None) -> list[Finding]:
    text = yaml.safe_dump_all(objects)
    return [it for it in check.findings(text, providers, together) if it]


def entries(*lines: str) -> str:
    """A list of entries, each of which is one line of flow style."""
    return "secrets:\n" + "".join(f"- {{{line}}}\n" for line in lines)


def entry(path: str = "/a", name: str = "db", more: str = "") -> str:
    return f"provider: aws-secretsmanager, path: {path}, secretName: {name}{more and f', {more}'}"


def test_two_sources_are_told_with_both_workloads_and_paths() -> None:
    (told,) = found(deployment("web", GOOD), deployment("api", GOOD.replace("/a", "/b")))

    assert (told.name, told.severity) == ("api", "warning")
    assert told.message == (
        "Secret db is made from aws-secretsmanager /b here, and from aws-secretsmanager /a by "
        f"Deployment shop/web: {ADVICE}"
    )


def test_the_same_source_or_another_namespace_is_fine() -> None:
    other = deployment("api", GOOD.replace("/a", "/b"), "bank")

    assert found(deployment("web", GOOD), deployment("job", GOOD), other) == []


def test_in_files_that_are_checked_together_the_firsts_line_is_told_too() -> None:
    together, told = Sources(), []
    for path in ("/a", "/b"):
        together.file = f"{path[1:]}.yaml"
        told += found(deployment("web" + path[1:], GOOD.replace("/a", path)), together=together)

    (only,) = told
    assert f"by Deployment shop/weba (a.yaml:{only.line}): their pods" in only.message
    assert together.conflicts == [f"Deployment shop/webb (b.yaml:{only.line}): {only.message}"]


def test_a_workload_without_a_namespace_is_in_the_one_that_is_chosen() -> None:
    pair = deployment("web", GOOD), deployment("api", GOOD.replace("/a", "/b"), "")

    assert found(*pair) == []
    assert len(found(*pair, together=Sources("shop"))) == 1


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ("keys: [a]", "keys"),
        ("values: {a: 'x${a}'}", "values"),
        ("version: AWSPREVIOUS", "version"),
        ("format: dotenv", "format"),
        ("labels: {team: x}", "labels"),
        ("annotations: {team: x}", "annotations"),
        ("keys: [], values: {username: x}, type: kubernetes.io/basic-auth", "keys, values, type"),
    ],
)
def test_other_fields_of_one_source_are_another_source(more: str, fields: str) -> None:
    (told,) = found(
        deployment("web", entries(entry())), deployment("api", entries(entry(more=more)))
    )

    assert told.message == (
        f"Secret db is made from aws-secretsmanager /a with other {fields} here than by "
        f"Deployment shop/web: {ADVICE}"
    )


def test_what_is_said_in_other_words_is_the_same() -> None:
    said = entries(entry(more="format: json, type: Opaque"))

    assert found(deployment("web", GOOD), deployment("api", said)) == []


def test_entries_that_fill_one_secret_together_are_no_conflict() -> None:
    pair = entries(entry("/a", more="keys: [a]"), entry("/b", more="keys: [b]"))

    assert found(deployment("web", pair), deployment("api", pair)) == []
    (told,) = found(deployment("web", pair), deployment("api", GOOD))
    assert "from aws-secretsmanager /a here, and from aws-secretsmanager /a, aws-secrets" in str(
        told.message
    )


def test_each_of_a_lists_secrets_is_told_at_its_own_entry() -> None:
    both = entries(entry("/a", "db"), entry("/b", "api"))
    other = entries(entry("/c", "db"), entry("/d", "api")).replace("- {", "-\n  {")
    web, shop = deployment("web", both), deployment("shop", "LATER")
    for one in (web, shop):
        one["spec"]["template"]["spec"] = {"containers": []}
    block = "|\n" + "".join(f"          {line}\n" for line in other.splitlines())
    text = yaml.safe_dump(web) + "---\n" + yaml.safe_dump(shop).replace("LATER\n", block)

    told = [it for it in check.findings(text, providers) if it]

    lines = text.splitlines()
    assert [lines[it.line - 1].strip(" {}") for it in told] == [entry("/c"), entry("/d", "api")]


def test_names_and_paths_of_anybodys_are_bounded_and_printable() -> None:
    paths = [entry(f"'/{number}{'x' * 2000}'", more=f"keys: [a{number}]") for number in range(50)]
    nasty = "\x1b[2J\n" + "y" * 5000

    (told,) = found(deployment(nasty, entries(*paths)), deployment("api", GOOD))

    assert len(told.message) < 1500
    assert told.message.isprintable()
    assert str(sources.SourceLocation(Workload(nasty, nasty, nasty))).isprintable()
