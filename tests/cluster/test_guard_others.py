"""Whom the guard leaves alone: those without JASM's Role, and those who may do everything."""

import uuid
from pathlib import Path

import pytest
import yaml

from initsync.kube import rbac
from initsync.testing.controlplane import ControlPlane
from initsync.words import keys
from initsync.words.model import JsonObject
from initsync.words.rules import user_name
from tests.cluster.contract import Secrets, secret
from tests.cluster.guard import DENIED, documents, managed, new_namespace

PAGE = Path(__file__).parent.parent.parent / "docs/security.md"
RBAC = "rbac.authorization.k8s.io"
ALL_VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]


@pytest.fixture
def space(real_api: ControlPlane) -> str:
    return new_namespace(real_api)


def bind(api: ControlPlane, space: str, cluster_role: str, subject: JsonObject) -> None:
    """A RoleBinding of the namespace to a ClusterRole."""
    name = f"b-{uuid.uuid4().hex[:8]}"
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": cluster_role}
    metadata = {"name": name, "namespace": space}
    binding = {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": metadata}
    api.create(binding | {"roleRef": role, "subjects": [subject]})


def account(api: ControlPlane, space: str, name: str = "bot") -> JsonObject:
    api.create_service_account(space, name)
    return {"kind": "ServiceAccount", "name": name, "namespace": space}


def as_account(api: ControlPlane, space: str, name: str = "bot") -> Secrets:
    return Secrets(api.client(api.create_token(space, name)), space)


def do_everything(secrets: Secrets, name: str = "free") -> None:
    """What the guard would refuse at every step."""
    tls = {"type": "kubernetes.io/tls", "data": {"tls.crt": "", "tls.key": ""}}
    answers = [
        secrets.create(secret(name, labels={"any": "label"}) | tls),
        secrets.put(secret(name, finalizers=["x.example/y"]) | tls),
        secrets.merge(name, {"metadata": {"finalizers": None, "annotations": {"a": "b"}}}),
        secrets.apply(secret(f"{name}-applied")),
        secrets.delete(name),
    ]
    assert [answer.status for answer in answers] == [201, 200, 200, 201, 200]


@pytest.mark.threat("The guard gets in the way")
def test_a_cluster_admin(real_api: ControlPlane, space: str) -> None:
    do_everything(Secrets(real_api, space))


def test_a_person_who_is_cluster_admin_by_rbac(real_api: ControlPlane, space: str) -> None:
    bind(real_api, space, "cluster-admin", {"apiGroup": RBAC, "kind": "User", "name": "jane"})
    real_api.await_access("jane", space, "jasm-sync", "secrets")

    do_everything(Secrets(real_api.impersonating("jane"), space))


def test_a_person_with_jasms_role(real_api: ControlPlane, space: str) -> None:
    """Who syncs by hand is not a stolen token: people are held by their own rights alone."""
    account(real_api, space)
    real_api.allow(space, "bot", [*rbac.rules(), everything_named()])
    role = real_api.request("GET", f"/apis/{RBAC}/v1/namespaces/{space}/roles").body["items"][0]
    binding = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "jane", "namespace": space},
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": role["metadata"]["name"]},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": "jane"}],
    }
    real_api.create(binding)
    real_api.await_access("jane", space, "deletecollection", "secrets")

    do_everything(Secrets(real_api.impersonating("jane"), space))


def everything_named() -> JsonObject:
    return {"apiGroups": [""], "resources": ["secrets"], "verbs": ALL_VERBS}


@pytest.mark.threat("The guard gets in the way")
def test_a_service_account_that_is_cluster_admin_as_gitops_ones_are(
    real_api: ControlPlane, space: str
) -> None:
    bind(real_api, space, "cluster-admin", account(real_api, space))
    real_api.await_access(user_name(space, "bot"), space, "jasm-sync", "secrets")

    do_everything(as_account(real_api, space))


@pytest.mark.parametrize("groups", [[""], ["*"]])
@pytest.mark.parametrize("resources", [["secrets"], ["*"]])
def test_a_service_account_that_may_do_everything_with_secrets_whatever_else_it_holds(
    real_api: ControlPlane, space: str, groups: list[str], resources: list[str]
) -> None:
    account(real_api, space)
    star = {"apiGroups": groups, "resources": resources, "verbs": ["*"]}
    real_api.allow(space, "bot", [*rbac.rules(), star])
    real_api.await_access(user_name(space, "bot"), space, "jasm-bypass", "secrets")

    do_everything(as_account(real_api, space))


@pytest.mark.threat("The guard gets in the way")
@pytest.mark.parametrize("admin", [True, False])
def test_a_service_account_that_is_admin_or_editor_of_its_namespace(
    real_api: ControlPlane, space: str, admin: bool
) -> None:
    """The ClusterRoles list their verbs; what is aggregated to `admin` a controller adds there."""
    subject = account(real_api, space)
    bind(real_api, space, "system:aggregate-to-edit", subject)
    if admin:
        bind(real_api, space, "system:aggregate-to-admin", subject)
        bind(real_api, space, "jasm-namespace-admin", subject)
        real_api.await_access(user_name(space, "bot"), space, "jasm-sync", "secrets")
    real_api.await_access(user_name(space, "bot"), space, "deletecollection", "secrets")

    do_everything(as_account(real_api, space))


@pytest.mark.threat("A tenant is malicious")
def test_a_namespaces_admin_may_give_jasms_role_and_without_the_mark_could_not(
    real_api: ControlPlane, space: str
) -> None:
    admin = real_api.impersonating("tenant")
    tenant = {"apiGroup": RBAC, "kind": "User", "name": "tenant"}
    for cluster_role in ("system:aggregate-to-edit", "system:aggregate-to-admin"):
        bind(real_api, space, cluster_role, tenant)
    real_api.await_access("tenant", space, "create", "events")
    path = f"/apis/{RBAC}/v1/namespaces/{space}/roles"
    role = {"metadata": {"name": "jasm"}, "rules": rbac.rules("db")}

    refused = admin.request("POST", path, role)
    bind(real_api, space, "jasm-namespace-admin", tenant)
    real_api.await_access("tenant", space, "jasm-sync", "secrets")

    assert refused.status == 403
    assert 'Resources:["secrets"]' in refused.body["message"]
    assert "jasm-sync" in refused.body["message"]
    assert admin.request("POST", path, role).status == 201


@pytest.mark.threat("A tenant is malicious")
def test_the_marks_are_all_that_jasm_adds_to_the_admins_of_namespaces() -> None:
    (found,) = (it for it in documents() if it["kind"] == "ClusterRole")
    marks = [rbac.SYNC_VERB, rbac.BYPASS_VERB]

    assert found["metadata"]["labels"]["rbac.authorization.k8s.io/aggregate-to-admin"] == "true"
    assert found["rules"] == [
        {"apiGroups": [""], "resources": [resource], "verbs": marks}
        for resource in ("secrets", "pods/eviction")
    ]


@pytest.mark.threat("The guard gets in the way")
def test_a_role_of_before_without_the_mark_works_as_it_did(
    real_api: ControlPlane, space: str
) -> None:
    account(real_api, space)
    verbs = [verb for verb in rbac.SECRET_VERBS if verb != rbac.SYNC_VERB]
    rule = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["db"], "verbs": verbs}
    real_api.allow(space, "bot", [rule])
    bot = as_account(real_api, space)

    assert bot.apply(managed("db")).status == 201
    assert bot.apply(secret("db")).status == 200


@pytest.mark.threat("The guard gets in the way")
def test_a_controller_that_syncs_its_own_secret_by_name_still_writes_all_others(
    real_api: ControlPlane, space: str
) -> None:
    account(real_api, space)
    real_api.allow(space, "bot", [*rbac.rules("own"), everything_named()])
    bot = as_account(real_api, space)

    do_everything(bot)
    assert DENIED in bot.apply(secret("own")).body["message"]


@pytest.mark.threat("The guard gets in the way")
def test_the_pages_role_leaves_a_controller_unguarded(real_api: ControlPlane, space: str) -> None:
    shown = next(text for text in PAGE.read_text().split("```yaml\n") if "name: unguarded" in text)
    (rule,) = yaml.safe_load(shown.partition("```")[0])["rules"]
    account(real_api, space)
    real_api.allow(space, "bot", [*rbac.rules(), everything_named(), rule])

    do_everything(as_account(real_api, space))


def test_controllers_of_the_cluster_itself(real_api: ControlPlane, space: str) -> None:
    collector = user_name("kube-system", "generic-garbage-collector")
    real_api.await_access(collector, space, "delete", "secrets")
    secrets = Secrets(real_api, space)
    secrets.create(managed("db"))

    assert Secrets(real_api.impersonating(collector), space).delete("db").status == 200


def test_a_secret_of_any_size_and_shape(real_api: ControlPlane, space: str) -> None:
    """One that costs the guard's expressions more than the API server lets them."""
    account(real_api, space)
    real_api.allow(space, "bot", [everything_named()])
    many = {f"a{number}": "" for number in range(20_000)}

    assert as_account(real_api, space).create(secret("large", annotations=many)).status == 201


def test_a_secret_that_others_gave_many_annotations_is_still_synced(
    real_api: ControlPlane, space: str
) -> None:
    account(real_api, space)
    real_api.allow(space, "bot", rbac.rules())
    theirs = {f"a{key}": "" for key in range(400)} | {keys.ADOPT: "true"}
    Secrets(real_api, space).create(secret("db", annotations=theirs))

    assert as_account(real_api, space).apply(managed("db")).status == 200
