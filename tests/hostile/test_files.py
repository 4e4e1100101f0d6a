"""Commands that read manifests say nothing that a terminal obeys, whatever stands in them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from initsync.cli.main import main
from initsync.testing import manifests
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.outputs import obeyed

HOSTILE = "\x1b[2J\x1b]0;title\x07\x9b31m\x7f\r\u202eevil\u2066 \u2028\ttext"
GOOD = "provider: aws-secretsmanager\npath: /a\nsecretName: b\n"


def pods() -> Iterator[JsonObject]:
    for text in (
        HOSTILE,
        f"provider: {HOSTILE}",
        GOOD.replace("/a", HOSTILE),
        f"{GOOD}{HOSTILE}: x",
    ):
        yield manifests.pod("shop", HOSTILE, {keys.ANNOTATION: text, HOSTILE: HOSTILE})
        yield manifests.pod(HOSTILE, "web", {keys.ANNOTATION: text, keys.MAX_AGE: HOSTILE})
    yield manifests.pod("shop", "web", {keys.ANNOTATION: GOOD, f"{keys.PREFIX}{HOSTILE}": HOSTILE})


def run(*arguments: str) -> Result:
    needed = {"policy": ["--account=123456789012"], "manifest": ["--image=registry.example/jasm"]}
    result = CliRunner().invoke(main, [*arguments, *needed.get(arguments[0], [])])
    assert not obeyed(result.stdout + result.stderr)
    return result


@pytest.mark.parametrize("command", ["check", "policy", "manifest"])
@pytest.mark.parametrize("form", [[], ["-o", "json"]], ids=["text", "json"])
def test_all_of_it_is_told_and_nothing_obeyed(
    tmp_path: Path, command: str, form: list[str]
) -> None:
    file = tmp_path / f"{HOSTILE}.yaml"
    file.write_text(yaml.safe_dump_all(pods(), allow_unicode=False))

    result = run(command, str(file), *form)

    assert result.exit_code == 3
    assert "evil" in result.stdout + result.stderr


@pytest.mark.parametrize("command", ["check", "policy", "manifest"])
@pytest.mark.parametrize("text", [HOSTILE, f"kind: Pod\n{HOSTILE}", f"a: *{HOSTILE}\n"])
def test_what_is_no_yaml_is_told(tmp_path: Path, command: str, text: str) -> None:
    file = tmp_path / "pod.yaml"
    file.write_text(text, newline="")

    assert run(command, str(file)).exit_code == 2
