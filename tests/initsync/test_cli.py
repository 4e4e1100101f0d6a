"""`initsync` as a new user meets it."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from initsync import __main__, __version__
from initsync.cli import main


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


def test_without_a_pod_it_asks_for_one() -> None:
    code, _, said = run()

    assert code == 2
    assert "name the pod: initsync --pod NAME [-n NAMESPACE]" in said


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
    monkeypatch.delitem(sys.modules, "initsync.cli")
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
