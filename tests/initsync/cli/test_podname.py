"""A pod's name as people give it to `--pod`."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from initsync.cli.main import main

COMMANDS = [[], ["doctor"]]


def run(command: list[str], pod: str, tmp_path: Path) -> tuple[int, str]:
    config = tmp_path / "config"
    config.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
        "clusters: [{name: k, cluster: {server: 'https://127.0.0.1:1'}}]\n"
        "users: [{name: u, user: {token: t}}]\n"
        "contexts: [{name: c, context: {cluster: k, user: u, namespace: shop}}]\n"
    )
    result = CliRunner().invoke(main, [*command, "--pod", pod, "--kubeconfig", str(config)])
    return result.exit_code, result.output


@pytest.mark.parametrize("pod", ["web", "pod/web", "pods/web", "po/web", "Pod/web"])
def test_it_may_be_as_kubectl_prints_it(pod: str, tmp_path: Path) -> None:
    code, said = run([], pod, tmp_path)

    assert (code, "cannot GET pods/web in namespace shop" in said) == (5, True)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("pod", ["deploy/web", "deployment.apps/web", "job/migrate", "svc/web"])
def test_what_only_has_pods_is_told(command: list[str], pod: str, tmp_path: Path) -> None:
    code, said = run(command, pod, tmp_path)

    assert code == 2
    assert f"{pod} is no pod: name one of its pods, see kubectl get pods" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_a_kind_alone_is_no_name(command: list[str], tmp_path: Path) -> None:
    assert run(command, "pod/", tmp_path)[0] == 2
