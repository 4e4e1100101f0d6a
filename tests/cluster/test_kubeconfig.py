"""Every way in that a kubeconfig describes, on the real API server."""

import json
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from initsync.kube import rbac
from initsync.testing.aws import AwsServer
from initsync.testing.controlplane import ControlPlane
from tests.cluster.by_hand import GOOD, create, run, write_kubeconfig


@pytest.fixture
def api(real_api: ControlPlane) -> ControlPlane:
    return real_api


@pytest.fixture
def plugin(tmp_path: Path, api: ControlPlane) -> Path:
    """An exec plugin, as cloud providers ship them."""
    script = tmp_path / "plugin"
    status = json.dumps({"token": api.admin_token})
    script.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "if sys.argv[1:] != ['login']: sys.exit('no such cluster')\n"
        'print(\'{"apiVersion": "client.authentication.k8s.io/v1", '
        f'"kind": "ExecCredential", "status": {status}}}\')\n'
    )
    script.chmod(0o755)
    return script


def executed(plugin: Path, *arguments: str) -> dict[str, object]:
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(plugin),
            "args": list(arguments),
            "interactiveMode": "Never",
        }
    }


def test_an_exec_plugin_gives_the_token(
    api: ControlPlane, namespace: str, aws: AwsServer, plugin: Path, tmp_path: Path
) -> None:
    create(api, namespace, GOOD)
    config = write_kubeconfig(tmp_path / "config", api, namespace, executed(plugin, "login"))

    assert run(config, aws, "--pod", "web-1").returncode == 0


def test_an_exec_plugin_that_fails_is_named(
    api: ControlPlane, namespace: str, aws: AwsServer, plugin: Path, tmp_path: Path
) -> None:
    config = write_kubeconfig(tmp_path / "config", api, namespace, executed(plugin, "out"))

    ended = run(config, aws, "--pod", "web-1")

    assert ended.returncode == 2
    assert f"exec plugin '{plugin}' gave no credentials: run it by hand" in ended.stderr


def test_a_client_certificate(
    api: ControlPlane, namespace: str, aws: AwsServer, tmp_path: Path
) -> None:
    create(api, namespace, GOOD)
    pair = api.admin_certificate
    user = {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}
    config = write_kubeconfig(tmp_path / "config", api, namespace, user)

    assert run(config, aws, "--pod", "web-1").returncode == 0


def test_an_oidc_login_that_is_still_valid(
    api: ControlPlane, namespace: str, aws: AwsServer, tmp_path: Path
) -> None:
    create(api, namespace, GOOD)
    api.create_service_account(namespace, "person")
    rules = [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]},
        *rbac.rules(),
    ]
    api.allow(namespace, "person", rules)
    login = {"id-token": api.create_token(namespace, "person"), "idp-issuer-url": "https://idp"}
    user = {"auth-provider": {"name": "oidc", "config": login}}
    config = write_kubeconfig(tmp_path / "config", api, namespace, user)

    assert run(config, aws, "--pod", "web-1").returncode == 0


@pytest.mark.parametrize(
    ("name", "exit_code", "said"),
    [
        ("kubernetes.default.svc", 0, "created with 1 key"),
        ("other.example", 5, "its certificate is not trusted"),
    ],
)
def test_the_servers_certificate_may_have_another_name(
    api: ControlPlane,
    namespace: str,
    aws: AwsServer,
    tmp_path: Path,
    name: str,
    exit_code: int,
    said: str,
) -> None:
    create(api, namespace, GOOD)
    server = {"tls-server-name": name}
    config = write_kubeconfig(tmp_path / "config", api, namespace, **server)

    ended = run(config, aws, "--pod", "web-1")

    assert ended.returncode == exit_code
    assert said in ended.stderr.splitlines()[-1]


class Tunnel:
    """An HTTP proxy that knows CONNECT only, and remembers where to."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.asked: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        head = client.recv(65_536)
        self.asked.append(head.partition(b"\r\n")[0])
        host, _, port = head.split()[1].decode().partition(":")
        with client, socket.create_connection((host, int(port))) as server:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join(10)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):  # the other side went first
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def test_the_way_may_lead_through_a_proxy(
    api: ControlPlane, namespace: str, aws: AwsServer, tmp_path: Path
) -> None:
    create(api, namespace, GOOD)
    tunnel = Tunnel()
    config = write_kubeconfig(
        tmp_path / "config", api, namespace, None, **{"proxy-url": tunnel.url}
    )

    ended = run(config, aws, "--pod", "web-1")
    tunnel.listener.close()

    assert ended.returncode == 0, ended.stderr
    assert tunnel.asked == [f"CONNECT {api.url.removeprefix('https://')} HTTP/1.1".encode()]
