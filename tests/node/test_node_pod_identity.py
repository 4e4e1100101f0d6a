"""EKS Pod Identity: the agent at its real address of every node, its webhook's work in the pod."""

import base64
import datetime
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.node import files
from tests.node.machine import command_output
from tests.node.node import Node
from tests.node.team import Team, digest
from tests.node.test_node_env import ENV_FROM

ADDRESS = "169.254.170.23"
AUDIENCE = "pods.eks.amazonaws.com"
TOKENS = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount"
FILE = "eks-pod-identity-token"


class Agent(BaseHTTPRequestHandler):
    """Gives credentials to whoever brings a token of a pod.

    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
    """

    subjects: list[str]

    def do_GET(self) -> None:
        payload = self.headers["Authorization"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        known = self.path == "/v1/credentials" and claims["aud"] == [AUDIENCE]
        self.subjects.append(claims["sub"])
        end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=6)
        body = json.dumps(
            {
                "AccessKeyId": "ASIAEXAMPLE",
                "SecretAccessKey": "pl4nted-key",
                "Token": "pl4nted-token",
                "Expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        ).encode()
        self.send_response(200 if known else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def agent(node: Node) -> Iterator[list[str]]:
    """The subjects that asked it for credentials."""
    command_output(["ip", "address", "add", f"{ADDRESS}/32", "dev", files.BRIDGE])
    Agent.subjects = []
    with ThreadingHTTPServer((ADDRESS, 80), Agent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Agent.subjects
        server.shutdown()


def test_a_pod_syncs_with_the_identity_of_the_nodes_agent(team: Team, agent: list[str]) -> None:
    env = {
        "AWS_REGION": team.aws.region,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{ADDRESS}/v1/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": f"{TOKENS}/{FILE}",
    }
    token = {"audience": AUDIENCE, "expirationSeconds": 86400, "path": FILE}
    sources = [{"serviceAccountToken": token}]
    given = {
        "env": [{"name": name, "value": value} for name, value in env.items()],
        "volumeMounts": [{"name": FILE, "mountPath": TOKENS, "readOnly": True}],
    }
    volume = {"name": FILE, "projected": {"sources": sources}}

    team.pod("app", {**ENV_FROM, **given}, irsa=False, volumes=[volume])

    team.await_phase("app", "Succeeded")
    assert team.shown("app") == [digest()]
    assert agent == [f"system:serviceaccount:{team.namespace}:app"]
