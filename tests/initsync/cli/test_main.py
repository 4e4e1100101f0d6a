"""`initsync` as a new user meets it."""

import json
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from initsync import __main__, __version__
from initsync.cli.main import main
from injector.cli.main import main as injector  # beside initsync's


def run(*arguments: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, arguments, env=env)
    return result.exit_code, result.stdout, result.stderr


def test_the_version() -> None:
    assert run("--version") == (0, f"initsync {__version__}\n", "")


def test_help_explains_exit_codes() -> None:
    code, said, _ = run("--help")

    assert code == 0
    assert "Exit codes:" in said
    assert "--pod NAME" in said


COMMANDS = ["check", "demo", "doctor", "list", "manifest", "policy", "schema"]


def test_bare_it_lists_what_there_is() -> None:
    code, out, said = run()

    assert (code, out) == (2, "")
    listed = said.partition("Commands:\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in listed.splitlines()] == COMMANDS


def test_without_a_pod_it_asks_for_one() -> None:
    code, _, said = run("-n", "shop")

    assert code == 2
    assert "name the pod: initsync --pod NAME [-n NAMESPACE]; or a command" in said


@pytest.mark.parametrize("program", [main, injector])
@pytest.mark.parametrize("arguments", [[], *([name] for name in [*COMMANDS, "serve", "certs"])])
def test_no_line_of_a_help_is_cut(program: click.Group, arguments: list[str]) -> None:
    result = CliRunner().invoke(program, [*arguments, "--help"], terminal_width=80)

    assert "..." not in result.output.replace("[ARGS]...", "").replace("FILE...", "")


@pytest.mark.parametrize("arguments", [[], *([name] for name in COMMANDS)])
def test_help_has_its_short_option_everywhere(arguments: list[str]) -> None:
    assert run(*arguments, "-h") == run(*arguments, "--help")
    assert run(*arguments, "-h")[0] == 0


def named(tmp_path: Path, *contexts: str) -> str:
    """A kubeconfig in which each context is a cluster of that name, where nobody is."""
    config = tmp_path / "config"
    lists: dict[str, list[Any]] = {
        "clusters": [{"name": it, "cluster": {"server": f"https://{it}:1"}} for it in contexts],
        "users": [{"name": it, "user": {"token": "t"}} for it in contexts],
        "contexts": [{"name": it, "context": {"cluster": it, "user": it}} for it in contexts],
    }
    config.write_text(json.dumps({"current-context": contexts[0], **lists}))
    return str(config)


@pytest.mark.parametrize(
    ("before", "after", "cluster"),
    [
        ([], [], "one.invalid"),
        (["--context", "two.invalid"], [], "two.invalid"),
        ([], ["--context", "two.invalid"], "two.invalid"),
        (["--context", "one.invalid"], ["--context", "two.invalid"], "two.invalid"),
    ],
)
@pytest.mark.parametrize("command", ["list", "doctor"])
def test_options_count_before_a_command_as_behind_it(
    command: str, before: list[str], after: list[str], cluster: str, tmp_path: Path
) -> None:
    config = named(tmp_path, "one.invalid", "two.invalid")

    _, out, said = run(*before, "--kubeconfig", config, "-v", command, *after)

    assert f"{cluster}:1" in out + said
    assert "debug: " in said


def test_each_option_of_the_group_is_handed_down(tmp_path: Path) -> None:
    config = named(tmp_path, "one.invalid")
    text = "kind: Pod\nmetadata: {name: web, annotations: {jasm.codnod.io/secret-sync: x}}\n"
    (tmp_path / "pod.yaml").write_text(text)

    place = ("--kubeconfig", config, "--timeout", "5")
    _, as_json, _ = run("-o", "json", *place, "-n", "shop", "--pod", "web", "doctor")
    code, findings, _ = run("-o", "json", "check", str(tmp_path / "pod.yaml"))

    assert json.loads(as_json)["checks"][0]["check"] == "api-server"
    assert (code, len(json.loads(findings)["findings"])) == (3, 1)


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["--dry-run", "list"], "initsync list has no option --dry-run"),
        (["--pod", "web", "list"], "initsync list has no option --pod"),
        (["-n", "shop", "check", "x"], "initsync check has no option --namespace"),
        (["--context", "c", "demo"], "initsync demo has no option --context"),
        (["-v", "manifest"], "initsync manifest has no option --verbose"),
        (["-o", "yaml", "check", "x"], "Invalid value for '-o' / '--output': 'yaml' is not one of"),
        (["-n", "No", "list"], "Invalid value for '-n' / '--namespace'"),
        (["-o", "yaml", "--pod", "x"], "-o is text or json with --pod"),
    ],
)
def test_one_that_a_command_has_not_is_wrong_use(arguments: list[str], option: str) -> None:
    code, out, said = run(*arguments)

    assert (code, out) == (2, "")
    assert option in said


@pytest.mark.parametrize("output", ["text", "json"])
def test_without_a_kubeconfig_it_says_what_to_set(output: str, tmp_path: Path) -> None:
    code, out, said = run("--pod", "a", "--kubeconfig", str(tmp_path / "none"), "-o", output)

    assert code == 2
    assert f"no usable kubeconfig ({tmp_path / 'none'}: there is no such file)" in said
    assert "set --kubeconfig, --context or KUBECONFIG" in said
    assert ('"error": "InvalidSetup"' in out) == (output == "json")


NOBODY_THERE = (
    "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
    "clusters: [{name: k, cluster: {server: 'https://127.0.0.1:1'}}]\n"
    "users: [{name: u, user: {token: t}}]\n"
    "contexts: [{name: c, context: {cluster: k, user: u, namespace: shop}}]\n"
)


def test_a_cluster_that_is_not_there_is_told(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(NOBODY_THERE)

    code, _, said = run("--pod", "a", "--kubeconfig", str(config))

    assert code == 5
    assert "cannot GET pods/a in namespace shop: 127.0.0.1:1: Connection refused" in said


def test_an_empty_kubeconfig_variable_is_none_as_for_kubectl(tmp_path: Path) -> None:
    config = tmp_path / ".kube/config"
    config.parent.mkdir()
    config.write_text(NOBODY_THERE)

    code, _, said = run("--pod", "a", env={"KUBECONFIG": "", "HOME": str(tmp_path)})

    assert code == 5
    assert "in namespace shop: 127.0.0.1:1: Connection refused" in said


def test_without_click_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "initsync.cli.main")
    monkeypatch.setitem(sys.modules, "click", None)

    with pytest.raises(SystemExit, match=r"in a clone of JASM pip install '\.\[cli\]'"):
        __main__.main()


SECRETIVE = "apiVersion: v1\nkind: Config\ncurrent-context: c\n" + (
    "clusters: [{name: k, cluster: {server: 'https://127.0.0.1:1'}}]\n"
    "contexts: [{name: c, context: {cluster: k, user: u}}]\n"
)


@pytest.mark.parametrize(
    "text",
    [
        SECRETIVE + "users: [{name: u, token: pl4nted}]",
        SECRETIVE + "users: [{name: u, user: {auth-provider: {name: oidc, config: "
        "{refresh-token: pl4nted, client-secret: pl4nted}}}}]",
        SECRETIVE + "users: [{name: u, user: {auth-provider: {name: gcp}}}]",
        SECRETIVE.replace("'https://127.0.0.1:1'", "5") + "users: [{name: u, user: {token: t}}]",
        "[]",
        "hello",
        "{",
        "users: pl4nted",
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_told_without_what_it_holds(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "config").write_text(text)

    code, out, said = run("--pod", "a", "--kubeconfig", str(tmp_path / "config"), "-o", "json")

    assert "pl4nted" not in out + said
    assert (code, f"no usable kubeconfig ({tmp_path / 'config'}: " in said) == (2, True), said
    assert ": )" not in said


def test_a_kubeconfig_that_cannot_be_read_says_which_and_why(tmp_path: Path) -> None:
    code, _, said = run("--pod", "a", "--kubeconfig", str(tmp_path))

    assert code == 2
    assert f"no usable kubeconfig ({tmp_path}: Is a directory)" in said
