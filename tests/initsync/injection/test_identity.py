"""Whatever a pod's author writes, what is copied into jasm-init is the clouds' own, and whole."""

from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.injection import identity, webhooks
from initsync.injection.patch import inject
from initsync.injection.settings import InjectionSettings
from initsync.injection.webhooks import Kind, Webhook
from initsync.providers.aws import agents
from initsync.providers.azure import clouds
from initsync.words import keys
from injector.webhook import facts
from tests.initsync.injection.test_patch import ANNOTATION, CASES, load, names
from tests.injector.webhook.test_facts import holds

PATHS = [*(kind.path for kind in webhooks.KINDS), keys.SERVICEACCOUNT_DIR, "/usr/lib/python3"]
PATHS += [f"{PATHS[0]}/..", f"{PATHS[1]}/../../kubernetes.io/serviceaccount", f"{PATHS[0]}/x", "/"]
TOKENS = ("token", "eks-pod-identity-token", "token/azure-identity-token")
FILES = [f"{path}/{name}" for path in PATHS for name in TOKENS]
URLS = [
    *("http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/v1/credentials"),
    *("https://login.microsoftonline.com/", "https://login.microsoftonline.us"),
    *("https://login.microsoftonline.com@entra.example/", "http://login.microsoftonline.com/"),
    *("https://agent.example/v1", "http://169.254.170.23@agent.example/", "http://10.0.0.1/", ""),
]
GOOD = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": URLS[:2], clouds.AUTHORITY: URLS[2:4]}
ROLE = "arn:aws:iam::123456789012:role/app"
OPTIONAL = {"valueFrom": st.just({"secretKeyRef": {"name": "db", "key": "k"}})}
VALUES = st.sampled_from([*FILES, *URLS, ROLE, "$(OTHER)", "eu-west-1"])
NAMES = [f"{name}0f" if name.endswith("-") else name for name in webhooks.VOLUMES]
NAMES += [f"{webhooks.VOLUMES[-1]}1e", f"{webhooks.VOLUMES[0]}-2"]
ENTRY = st.fixed_dictionaries(
    {"name": st.sampled_from([*sorted(webhooks.ENV), "OTHER"])},
    optional={"value": VALUES, **OPTIONAL},
)
MOUNT = st.fixed_dictionaries(
    {
        "name": st.sampled_from([*NAMES, "jasm-token", "data"]),
        "mountPath": st.sampled_from(PATHS),
    },
    optional={"subPath": st.just("token"), "subPathExpr": st.just("$(A)"), "readOnly": st.just(1)},
)
TOKEN = st.fixed_dictionaries(
    {"path": st.sampled_from(TOKENS)},
    optional={"audience": st.sampled_from(["a", ""]), "expirationSeconds": st.integers(600, 900)},
).map(lambda token: {"serviceAccountToken": token})
OTHER: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{"secret": {"name": "db"}}, {"configMap": {"name": "c"}}]
)
VOLUME: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just(
        {"projected": {"sources": [{"serviceAccountToken": {"path": "token", "audience": "a"}}]}}
    ),
    st.lists(TOKEN | OTHER, max_size=2).map(lambda sources: {"projected": {"sources": sources}}),
    st.sampled_from([{"emptyDir": {}}, {"secret": {"secretName": "db"}}]),
)


@st.composite
def by_a_webhook(draw: st.DrawFn) -> dict[str, Any]:
    """As a cloud's webhook leaves a container, or nearly so."""
    kind = draw(st.sampled_from(webhooks.KINDS))
    beside = {name: draw(st.sampled_from(GOOD.get(name, [ROLE])) | VALUES) for name in kind.beside}
    file = draw(st.just(f"{kind.path}/token") | VALUES)
    path = draw(st.just(kind.path) | st.sampled_from(PATHS))
    env = [{"name": name, "value": value} for name, value in {**beside, kind.file: file}.items()]
    (name, *_) = (it for it in NAMES if kind.has(it))
    mount = {"name": name, "mountPath": path, "readOnly": True}
    return {"name": "app", "image": "a", "env": env, "volumeMounts": [mount]}


def by_hand() -> st.SearchStrategy[dict[str, Any]]:
    env, mounts = st.lists(ENTRY, max_size=6), st.lists(MOUNT, max_size=3)
    return st.builds(
        lambda env, mounts: {"name": "app", "image": "a", "env": env, "volumeMounts": mounts},
        env,
        mounts,
    )


CONTAINER = by_a_webhook() | by_hand()
VOLUMES = st.dictionaries(st.sampled_from([*NAMES, "data"]), VOLUME, min_size=1)


@st.composite
def specs(draw: st.DrawFn) -> dict[str, Any]:
    volumes = [{"name": name, **volume} for name, volume in draw(VOLUMES).items()]
    containers = draw(st.lists(CONTAINER, min_size=1, max_size=3))
    before = draw(st.lists(CONTAINER, max_size=2))
    return {"containers": containers, "initContainers": before, "volumes": volumes}


def pod(spec: Any) -> dict[str, Any]:
    metadata = {"name": "p", "annotations": {keys.ANNOTATION: ANNOTATION}}
    return {"kind": "Pod", "metadata": metadata, "spec": spec}


@pytest.mark.threat("A tenant is malicious")
@given(spec=specs())
def test_what_is_copied_is_the_clouds_own_and_whole(spec: Any) -> None:
    env, mounts = identity.given(pod(spec))

    values = {entry["name"]: entry["value"] for entry in env}
    copied = [kind for mount in mounts for kind in webhooks.KINDS if kind.has(mount["name"])]
    assert len(copied) == len(mounts)
    clouds_of = [one for one in webhooks.ALL for kind in copied if kind in one.kinds]
    assert [*map(clouds_of.count, clouds_of)] == [1] * len(copied), "of each cloud one"
    for kind, mount in zip(copied, mounts, strict=True):
        _is_its_own(kind, mount, values, spec)
    named = {name for kind in copied for name in (kind.file, *kind.beside)}
    alone = {it for one in clouds_of for it in one.alone}
    assert named <= values.keys() <= named | alone
    assert "$(" not in "".join(values.values())


def _is_its_own(kind: Kind, mount: Any, values: Any, spec: Any) -> None:
    (volume,) = (it for it in spec["volumes"] if it["name"] == mount["name"])
    (source,) = volume["projected"]["sources"]
    assert mount == {"name": volume["name"], "mountPath": kind.path, "readOnly": True}
    assert source["serviceAccountToken"]["audience"]
    assert values[kind.file] == f"{kind.path}/{source['serviceAccountToken']['path']}"
    if "AWS_CONTAINER_CREDENTIALS_FULL_URI" in kind.beside:
        assert agents.serves(values["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
    if clouds.AUTHORITY in kind.beside:
        assert clouds.cloud({clouds.AUTHORITY: values[clouds.AUTHORITY]})
        assert "example" not in values[clouds.AUTHORITY]


@pytest.mark.parametrize("webhook", webhooks.ALL, ids=["aws", "azure"])
def test_jasm_wait_is_named_to_the_webhooks_that_see_the_pod(webhook: Webhook) -> None:
    labels = {webhook.label: "true"} if webhook.label else {}
    said = {"labels": labels, "annotations": {webhook.skipped: "app"}}

    assert dict(identity.skipping("jasm-wait", said))[webhook.skipped] == (
        f"jasm-wait{webhook.between}app"
    )
    for other in ({}, {"azure.workload.identity/use": "false"}):
        found = dict(identity.skipping("jasm-wait", {"labels": other}))
        assert found == {webhooks.AWS.skipped: "jasm-wait"}


@given(spec=specs())
def test_the_patch_of_such_a_pod_is_its_facts(spec: Any) -> None:
    holds(pod(spec))


def test_the_life_of_the_token_which_aws_draws_anew_for_each_pod_is_no_fact() -> None:
    found = load("aws-webhook-ran-before-irsa.pod.yaml")
    before = facts.of(found)
    token = found["spec"]["volumes"][1]["projected"]["sources"][0]["serviceAccountToken"]

    token["expirationSeconds"] = 81_234

    assert facts.of(found) == before


@pytest.mark.threat("A tenant is malicious")
def test_no_container_mounts_what_is_ours_by_its_name() -> None:
    found = load("volume-names-mounted-by-an-app.pod.yaml")

    spec = jsonpatch.apply_patch(found, inject(found, "", InjectionSettings("i")).operations)[
        "spec"
    ]

    others = [*spec["containers"], *spec["initContainers"][1:]]
    mounted = {name for container in others for name in names(container.get("volumeMounts"))}
    assert mounted >= {"jasm-token", "jasm-token-1", "jasm-podinfo", "jasm-handover"}
    assert mounted & set(names(spec["volumes"])) == set()


@pytest.mark.threat("A pod's token is stolen")
@pytest.mark.parametrize("case", CASES)
def test_a_token_for_a_store_is_in_jasm_init_alone(case: str) -> None:
    found = load(f"{case}.pod.yaml")
    settings = InjectionSettings("i", tokens=(("vault-token", "vault"),))

    spec = jsonpatch.apply_patch(found, inject(found, "", settings).operations)["spec"]

    holding = {it["name"] for it in spec.get("volumes") or [] if "vault-token" in str(it)}
    containers = [*spec["containers"], *(spec.get("initContainers") or [])]
    mounting = [it["name"] for it in containers if holding & {*names(it.get("volumeMounts"))}]
    assert len(holding) <= 1
    assert mounting == [keys.CONTAINER] * len(holding)
