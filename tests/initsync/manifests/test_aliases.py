"""Bombs of aliases: refused by every command that reads manifests, where kubectl refuses them."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from initsync.cli.main import main
from initsync.manifests.aliases import _share
from initsync.manifests.documents import NotYaml, documents

Shape = Callable[[int, int], str]
POD = """\
kind: Pod
metadata:
  name: p
  annotations:
    jasm.codnod.io/secret-sync: |
      provider: aws-secretsmanager
      path: /a
      secretName: db
spec:
  a0: &a0 {a: 1}
"""
MERGES = (f"  a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 10))
BOMB = POD + "".join(MERGES)
"""Of 695 bytes one took `initsync manifest` 9 s, and its next level nine times as long."""


def flat(items: int, aliases: int) -> str:
    return f"a: &a [{'x,' * items}]\nb: [{'*a,' * aliases}]\n"


def nested(items: int, aliases: int) -> str:
    return f"a: &a [{'x,' * items}]\nb: &b [{'*a,' * items}]\nc: [{'*b,' * aliases}]\n"


def padded(items: int, aliases: int) -> str:
    return f"p: [{'x,' * items}]\n{flat(999, aliases)}"


def merged(items: int, aliases: int) -> str:
    fields = ",".join(f"k{n}: 1" for n in range(items))
    return f"a: &a {{{fields}}}\nb:\n" + "- <<: *a\n" * aliases


def taken(text: str) -> bool:
    try:
        return bool(list(documents(text, "ab".__contains__)))
    except NotYaml:
        return False


# The most aliases that kubectl 1.37's reader (sigs.k8s.io/yaml v1.6.0) takes, as tried.
@pytest.mark.parametrize(
    ("shape", "items", "most"),
    [
        *((flat, 20, 4999), (flat, 150, 297), (flat, 1000, 110)),
        *((nested, 10, 121), (nested, 30, 6), (merged, 50, 4261), (merged, 400, 132)),
        *((padded, 3000, 399), (padded, 300_000, 997)),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_what_kubectl_takes_is_taken(shape: Shape, items: int, most: int) -> None:
    assert taken(shape(items, most))


@pytest.mark.parametrize(
    ("shape", "items", "aliases"),
    [(flat, 150, 299), (flat, 1000, 111), (nested, 30, 8), (merged, 400, 198), (padded, 3000, 400)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_what_it_refuses_is_refused(shape: Shape, items: int, aliases: int) -> None:
    assert not taken(shape(items, aliases))


@pytest.mark.parametrize(("values", "share"), [(10, 0.99), (2_200_000, 0.545), (10**7, 0.1)])
def test_of_a_longer_document_a_smaller_share_may_be_aliases(values: int, share: float) -> None:
    assert _share(values) == pytest.approx(share)


@pytest.mark.parametrize(
    "command",
    [
        ["check"],
        ["policy", "-n", "shop", "-o", "kubernetes"],
        ["policy", "-n", "shop", "-o", "helm"],
        ["manifest", "--image=i"],
        ["manifest", "--image=i", "-o", "json"],
    ],
    ids=" ".join,
)
def test_every_command_that_reads_manifests_refuses_a_bomb(
    command: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "bomb.yaml"
    file.write_text(BOMB)
    began = time.process_time()

    result = CliRunner().invoke(main, [*command, str(file)])

    assert result.exit_code == 2
    assert result.stderr.splitlines()[0] == (
        f"error: {file}:13: aliases (*) stand for 7674 values where 72 are written, "
        "which kubectl refuses too: write them out"
    )
    assert time.process_time() - began < 2
    if "json" in command:
        assert json.loads(result.stdout)["exitCode"] == 2


def test_one_within_itself_is_a_sentence() -> None:
    with pytest.raises(NotYaml, match="alias 'c' stands within what it names"):
        list(documents("a: 1\nc: &c [[*c]]", "ac".__contains__))
