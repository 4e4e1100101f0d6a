"""The guard as it is shipped, and who tests it: the holder of a pod's stolen token."""

import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from initsync.kube import rbac
from initsync.testing import manifests
from initsync.testing.client import Answer
from initsync.testing.server import ApiServer
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.cluster.contract import Secrets, secret
from tests.polling import until

SHIPPED = Path(__file__).parent.parent.parent / "deploy/manifests/guard.yaml"
NAME = "jasm-guard"
MANAGED = {keys.MANAGED_BY: keys.MANAGED_BY_DEFAULT, keys.PROVIDER: "aws-secretsmanager"}
DENIED = f"ValidatingAdmissionPolicy '{NAME}' with binding '{NAME}' denied request: JASM's Role is "
NAMES = ("db", "fresh", "theirs", "kept", "adopted")

_SECRETS: JsonObject = {"apiGroups": [""], "resources": ["secrets"]}
_VERBS = [*rbac.SECRET_VERBS[:-1], "update", "delete", "deletecollection", "list"]
ROLES = {
    "names": rbac.rules(*NAMES),
    "namespace": rbac.rules(),
    "every verb": [*rbac.rules(), _SECRETS | {"verbs": _VERBS}],
    "every verb without the mark": [_SECRETS | {"verbs": _VERBS}],
}
"""JASM's by names, its broader one, and all verbs, with the guard's mark and without."""
OF_OTHERS: JsonObject = {
    "labels": {"team": "shop"},
    "annotations": {"note": "x"},
    "finalizers": ["x.example/y"],
    "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "u"}],
}
"""What others put on Secrets of JASM's."""


def documents() -> list[JsonObject]:
    return [found for found in yaml.safe_load_all(SHIPPED.read_text()) if found]


def of_evictions() -> list[JsonObject]:
    """Its other part."""
    return [*yaml.safe_load_all(SHIPPED.with_stem("guard-evictions").read_text())]


def install(api: ApiServer, chosen: Sequence[JsonObject] = ()) -> None:
    """Apply the guard, as it ships or as given, and return when it is in force."""
    for manifest in chosen or [*documents(), *of_evictions()]:
        api.apply(manifest)
    namespace = new_namespace(api)
    api.allow(namespace, "default", rbac.rules())
    own = Secrets(api.client(api.create_token(namespace, "default")), namespace)
    until(lambda: own.apply(secret("unlabelled")).status == 403, "the guard is in force")


def new_namespace(api: ApiServer) -> str:
    name = f"t-{uuid.uuid4().hex[:10]}"
    api.create_namespace(name)
    return name


def managed(name: str, **changes: Any) -> JsonObject:
    """A Secret as JASM writes it, with these fields of its metadata."""
    return secret(name, {"password": "pl4nted-new"}, **{"labels": MANAGED} | changes)


class Loot(NamedTuple):
    """A namespace with Secrets in it, and the stolen token of a pod there."""

    api: ApiServer
    namespace: str
    thief: Secrets
    owner: Secrets

    def stored(self) -> list[JsonObject]:
        """Every Secret of the namespace, to the last field."""
        items: list[JsonObject] = self.api.request("GET", self.owner.path).body["items"]
        return items

    def refused(self, attack: Callable[["Loot"], Answer]) -> str:
        """Why `attack` fails, which it must, and without a trace."""
        before = self.stored()
        answer = attack(self)
        assert answer.status == 403, answer.body
        assert self.stored() == before
        return str(answer.body["message"])


def loot(api: ApiServer, role: str) -> Loot:
    """JASM's `db`, two Secrets of others, and one that was handed over; the pod's token.

    The owner of `kept` has said no to a hand-over.
    """
    namespace = new_namespace(api)
    owner = Secrets(api, namespace)
    jasms = managed("db", annotations={keys.SOURCE_PATH: "/prod/db"})
    foreign = secret("theirs", {"password": "pl4nted-old"}, labels={"team": "payments"})
    kept = secret("kept", {"a": "pl4nted-old"}, annotations={keys.ADOPT: "false"})
    adopted = secret("adopted", {"a": "pl4nted-old"}, annotations={keys.ADOPT: "true"})
    assert owner.apply(jasms).status == 201
    assert [owner.create(body).status for body in (foreign, kept, adopted)] == [201, 201, 201]
    for name in ("db", "adopted"):
        assert owner.merge(name, {"metadata": OF_OTHERS}).status == 200
    api.create_service_account(namespace, "app")
    api.allow(namespace, "app", ROLES[role])
    pod = api.create(_pod(namespace))
    thief = Secrets(api.client(api.create_token(namespace, "app", pod=pod)), namespace)
    return Loot(api, namespace, thief, owner)


def _pod(namespace: str) -> JsonObject:
    pod = manifests.pod(namespace, "app-1")
    pod["spec"]["serviceAccountName"] = "app"
    return pod
