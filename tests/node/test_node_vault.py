"""A pod on a real node gets its Secret from a real OpenBao, which asks the API server about it."""

from collections.abc import Iterator
from pathlib import Path

import jsonpatch
import pytest

from initsync import __version__
from initsync.injection.patch import inject
from initsync.injection.settings import InjectionSettings
from initsync.testing.aws import AwsServer
from initsync.words import keys
from tests.chart.helm import REGISTRY
from tests.node import files
from tests.node.node import Node
from tests.node.team import PASSWORD, Team, digest
from tests.node.test_node_env import ENV_FROM
from tests.openbao import kubernetes, program
from tests.openbao.server import Bao


@pytest.fixture
def bao(node: Node, tmp_path: Path) -> Iterator[Bao]:
    """Where pods reach it."""
    with Bao(program.of_tests(), tmp_path, address=files.GATEWAY) as server:
        server.initialise().mount("secret", "kv", version="2")
        server.put("secret/shop/db", {"password": PASSWORD, "user": "u"})
        server.policy("app", "secret/data/shop/*")
        kubernetes.auth(server, node.api, token_reviewer_jwt=kubernetes.reviewer(node.api))
        yield server


def test_the_app_sees_its_secret(node: Node, aws: AwsServer, bao: Bao) -> None:
    team = Team(node.api, aws)
    env = (("VAULT_ADDR", bao.url), ("VAULT_CACERT_BYTES", bao.authority.pem))
    image = f"{REGISTRY}/jasm/init:{__version__}"
    chosen = InjectionSettings(image, env=env, tokens=(("vault-token", "vault"),))
    said = {keys.ANNOTATION: team.annotation(provider="vault", path="secret/shop/db")}
    pod = team.template(ENV_FROM, said, irsa=False)
    pod |= {"apiVersion": "v1", "kind": "Pod"}
    pod["metadata"] |= {"name": "app", "namespace": team.namespace}
    before = bao.tokens()

    node.api.create(jsonpatch.apply_patch(pod, inject(pod, team.namespace, chosen).operations))

    team.await_phase("app", "Succeeded")
    assert team.shown("app") == [digest()]
    assert team.reasons("app").count("SecretSynced") == 1
    assert bao.tokens() == before
