"""`initsync check` as CI, pre-commit and people meet it."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from initsync.cli.main import main
from initsync.words import keys
from tests.places import ROOT

GOOD = f"""\
kind: Pod
metadata:
  name: web
  annotations:
    {keys.ANNOTATION}: |
      provider: aws-secretsmanager
      path: /a
      secretName: b
"""
BAD = GOOD.replace("secretName: b", "secretName: B").replace("  name", "  namespace: shop\n  name")
SENTENCE = f"annotation {keys.ANNOTATION}, line 3: secretName is 'B', but must be a DNS-1123"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**files: str) -> None:
    for name, text in files.items():
        Path(f"{name}.yaml").write_text(text)


def run(*arguments: str, stdin: str | bytes = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["check", *arguments], input=stdin)
    return result.exit_code, result.stdout, result.stderr


def test_valid_annotations_are_counted() -> None:
    write(one=f"{GOOD}---\n{GOOD}", two=GOOD)

    code, out, said = run("one.yaml", "two.yaml")

    assert (code, out, said) == (0, "", "3 annotations in 2 files checked, 0 invalid\n")


def test_an_invalid_one_is_told_with_file_line_and_workload() -> None:
    write(one=GOOD, two=f"{BAD}---\n{BAD.replace('  namespace: shop', '')}")

    code, out, said = run("one.yaml", "two.yaml")

    first, second = out.splitlines()
    assert first.startswith(f"two.yaml:9: Pod shop/web: {SENTENCE}")
    assert second.startswith(f"two.yaml:19: Pod web: {SENTENCE}")
    assert (code, said) == (3, "3 annotations in 2 files checked, 2 invalid\n")


def test_what_can_never_see_its_secret_is_a_warning_and_no_failure() -> None:
    write(one=f"{GOOD}spec: {{containers: [{{name: app}}], imagePullSecrets: [{{name: b}}]}}\n")

    code, out, said = run("one.yaml")
    told = json.loads(run("one.yaml", "-o", "json")[1])

    assert out.startswith("one.yaml:5: Pod web: warning: no image can ever be pulled with Secret b")
    assert (code, said) == (0, "1 annotation in 1 file checked, 0 invalid, 1 warning\n")
    assert (told["invalid"], told["warnings"], told["findings"][0]["severity"]) == (0, 1, "warning")


def test_findings_are_told_in_the_files_order() -> None:
    write(one=BAD.replace("    jasm", f"    {keys.MAX_AGE}: soon\n    jasm"))

    lines = [line.split(":")[1] for line in run("one.yaml")[1].splitlines()]

    assert lines == ["6", "10"]


def test_the_path_is_checked_by_the_provider() -> None:
    of_ecs = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf:password::"

    code, out, _ = run("-", stdin=GOOD.replace("/a", of_ecs))

    assert code == 3
    assert "<stdin>:7: Pod web: " in out
    assert f"line 2: path is '{of_ecs}', but must be the secret's ARN alone: behind its" in out


@pytest.mark.parametrize("name", ["rds!cluster-36d996b5-5fe6-4775", "events!connection/x/y"])
def test_what_services_of_aws_make_is_no_finding(name: str) -> None:
    assert run("-", stdin=GOOD.replace("/a", name))[0] == 0


def test_json_is_one_document() -> None:
    write(bad=BAD, broken="a: [")

    code, out, said = run("-o", "json", "bad.yaml", "broken.yaml", "none.yaml")

    told = json.loads(out)
    (found,) = told.pop("findings")
    assert found.pop("message").startswith(SENTENCE)
    assert found == {
        "file": "bad.yaml",
        "line": 9,
        "kind": "Pod",
        "namespace": "shop",
        "name": "web",
        "annotation": keys.ANNOTATION,
        "reason": "InvalidAnnotation",
        "severity": "error",
    }
    assert [(file["file"], bool(file["line"])) for file in told.pop("unread")] == [
        ("broken.yaml", True),
        ("none.yaml", False),
    ]
    assert told == {"annotations": 1, "files": 1, "invalid": 1, "warnings": 0, "exitCode": 2}
    assert code == 2
    assert "1 annotation in 1 file checked, 1 invalid, 2 files could not be read\n" in said


def test_a_directory_is_searched_for_manifests() -> None:
    Path("all/below").mkdir(parents=True)
    for name in ("all/b.yml", "all/a.yaml", "all/below/c.json", "all/d.txt"):
        Path(name).write_text(BAD)

    for place in ("all", "."):
        code, out, said = run(place)
        files = [line.partition(":")[0] for line in out.splitlines()]
        assert files == ["all/a.yaml", "all/b.yml", "all/below/c.json"]
        assert (code, said) == (3, "3 annotations in 3 files checked, 3 invalid\n")


def unreadable() -> dict[str, str]:
    """By path what must be said of it."""
    write(helm="a: {{ .Values.x }}\n", broken="a: [\n", deep="[" * 250_000)
    Path("latin.yaml").write_bytes(b"a: \xe9")
    Path("empty").mkdir()
    return {
        "helm.yaml": "error: helm.yaml:1: not YAML: a map cannot be a key; it has {{ as Helm "
        "templates do: render it first, helm template CHART | initsync check -",
        "broken.yaml": "error: broken.yaml:2: not YAML: ",
        "deep.yaml": "error: deep.yaml:1: nested deeper than 500 levels",
        "latin.yaml": "error: latin.yaml:1: not YAML: it is not UTF-8",
        "empty": "error: empty: no *.yaml, *.yml or *.json in it: name a directory of manifests",
        "none.yaml": "error: none.yaml: cannot be read (No such file or directory): name a file",
        "nul\0": "error: nul\\x00: cannot be read (embedded null byte): name a file",
        "/dev/zero": "error: /dev/zero: larger than 32 MiB: split it",
        "not\udcffutf8": "error: not\ufffdutf8: cannot be read (No such file or directory)",
    }


def test_a_file_that_cannot_be_read_does_not_keep_others_from_being_checked() -> None:
    expected = unreadable()
    write(bad=BAD)

    code, out, said = run(*expected, "bad.yaml")

    assert code == 2
    assert out.startswith("bad.yaml:9: Pod shop/web: ")
    for line, start in zip(said.splitlines(), expected.values(), strict=False):
        assert line.startswith(start)
    assert said.endswith("1 annotation in 1 file checked, 1 invalid, 9 files could not be read\n")


def test_what_stands_before_a_problem_is_told() -> None:
    code, out, said = run("-", stdin=f"{BAD}---\na: [")

    assert code == 2
    assert out.startswith("<stdin>:9: Pod shop/web: ")
    assert "error: <stdin>:12: not YAML: " in said


def test_a_helm_expression_in_an_annotation_gets_the_advice_too() -> None:
    code, out, _ = run("-", stdin=GOOD.replace("/a", "{{ .Values.path }}"))

    assert code == 3
    assert "render it first, helm template CHART | initsync check -" in out


@pytest.mark.parametrize("arguments", [(), ("-o", "xml", "-"), ("--no-such", "-")])
def test_wrong_use(arguments: tuple[str, ...]) -> None:
    assert run(*arguments)[0] == 2


def test_a_closed_standard_input_is_told() -> None:
    command = f"{sys.executable} -m initsync check - <&-"

    ended = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT)

    assert ended.returncode == 2
    assert "error: <stdin>: cannot be read (it is closed)" in ended.stderr


def test_names_cannot_obey_the_terminal_or_split_a_line() -> None:
    code, out, _ = run("-", stdin=BAD.replace("name: web", r'name: "\e[2J\n😀"'))

    assert code == 3
    assert out.startswith(r"<stdin>:9: Pod shop/\x1b[2J 😀: annotation ")
    assert out.count("\n") == 1


@pytest.mark.parametrize("name", ["::warning file=x::gone", "##[error]gone", "##vso[x]gone"])
@pytest.mark.parametrize(
    "command",
    [
        "check",
        "check -o json",
        "manifest --image i",
        "manifest --image i -o json",
        "policy -n x -o helm",
    ],
)
def test_a_files_name_is_no_command_to_a_ci_runner(name: str, command: str) -> None:
    """A pull request of a stranger brings the file; the runner reads both streams."""
    write(**{name: BAD})
    Path(f"{name}.yml").write_text("a: [")

    result = CliRunner().invoke(main, [*command.split(), "."])

    lines = [line.lstrip() for line in result.output.splitlines()]
    assert "gone.yaml" in result.output
    assert [line for line in lines if re.match("::|.*##(vso)?\\[", line)] == []


def test_a_terminal_that_has_not_every_character_gets_the_rest() -> None:
    env = os.environ | {"PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "initsync", "check", "-"]

    ended = subprocess.run(
        command, input=BAD.replace(": web", ": é").encode(), capture_output=True, env=env, cwd=ROOT
    )

    assert ended.returncode == 3
    assert ended.stdout.startswith(rb"<stdin>:9: Pod shop/\xe9: annotation ")


def test_a_bug_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def buggy(*_: object) -> None:
        raise ZeroDivisionError("pl4nted")

    monkeypatch.setattr("initsync.manifests.check.findings", buggy)

    code, _, said = run("-", stdin=GOOD)

    assert code == 1
    assert "internal error (ZeroDivisionError in " in said


def test_an_interrupt_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> io.BytesIO:
        raise KeyboardInterrupt

    monkeypatch.setattr("initsync.manifests.files._bounded", interrupted)

    assert run("-") == (130, "", "error: interrupted before every file was checked\n")


def test_the_examples_and_manifests_of_this_repository_are_valid() -> None:
    code, out, _ = run(str(ROOT / "deploy/manifests"), str(ROOT / "deploy/examples"))

    assert (code, out) == (0, "")
