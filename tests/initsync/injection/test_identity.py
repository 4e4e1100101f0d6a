"""Whatever a pod's author writes, what is copied into jasm-init is AWS's own, and whole."""

from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.injection import identity
from initsync.injection.patch import inject
from initsync.injection.settings import Settings
from initsync.providers.aws import agents
from initsync.words import keys
from injector.webhook import facts
from tests.initsync.injection.test_patch import ANNOTATION, load, names
from tests.injector.webhook.test_facts import holds

PATHS = [*(kind.path for kind in identity.KINDS), keys.SERVICEACCOUNT_DIR, "/usr/lib/python3"]
PATHS += [f"{PATHS[0]}/..", f"{PATHS[1]}/../../kubernetes.io/serviceaccount", f"{PATHS[0]}/x", "/"]
FILES = [f"{path}/{name}" for path in PATHS for name in ("token", "eks-pod-identity-token")]
URLS = [
    *("http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/v1/credentials"),
    *("https://agent.example/v1", "http://169.254.170.23@agent.example/", "http://10.0.0.1/", ""),
]
ROLE = "arn:aws:iam::123456789012:role/app"
OPTIONAL = {"valueFrom": st.just({"secretKeyRef": {"name": "db", "key": "k"}})}
VALUES = st.sampled_from([*FILES, *URLS, ROLE, "$(OTHER)", "eu-west-1"])
ENTRY = st.fixed_dictionaries(
    {"name": st.sampled_from([*sorted(identity.ENV), "OTHER"])},
    optional={"value": VALUES, **OPTIONAL},
)
MOUNT = st.fixed_dictionaries(
    {
        "name": st.sampled_from([*identity.VOLUMES, "jasm-token", "data"]),
        "mountPath": st.sampled_from(PATHS),
    },
    optional={"subPath": st.just("token"), "subPathExpr": st.just("$(A)"), "readOnly": st.just(1)},
)
TOKEN = st.fixed_dictionaries(
    {"path": st.sampled_from(["token", "eks-pod-identity-token"])},
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
def by_aws(draw: st.DrawFn) -> dict[str, Any]:
    """As AWS's webhook leaves a container, or nearly so."""
    kind = draw(st.sampled_from(identity.KINDS))
    beside = draw(st.sampled_from([ROLE, URLS[0]]) | VALUES)
    file = draw(st.just(f"{kind.path}/token") | VALUES)
    path = draw(st.just(kind.path) | st.sampled_from(PATHS))
    env = [{"name": kind.beside, "value": beside}, {"name": kind.file, "value": file}]
    mount = {"name": kind.volume, "mountPath": path, "readOnly": True}
    return {"name": "app", "image": "a", "env": env, "volumeMounts": [mount]}


def by_hand() -> st.SearchStrategy[dict[str, Any]]:
    env, mounts = st.lists(ENTRY, max_size=6), st.lists(MOUNT, max_size=3)
    return st.builds(
        lambda env, mounts: {"name": "app", "image": "a", "env": env, "volumeMounts": mounts},
        env,
        mounts,
    )


CONTAINER = by_aws() | by_hand()
VOLUMES = st.dictionaries(st.sampled_from([*identity.VOLUMES, "data"]), VOLUME, min_size=1)


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
def test_what_is_copied_is_awss_own_and_whole(spec: Any) -> None:
    env, mounts = identity.given(pod(spec))

    values = {entry["name"]: entry["value"] for entry in env}
    if not env:
        assert not mounts
        return
    (kind,) = (it for it in identity.KINDS if it.volume == mounts[0]["name"])
    (volume,) = (it for it in spec["volumes"] if it["name"] == kind.volume)
    (source,) = volume["projected"]["sources"]
    assert mounts == [{"name": kind.volume, "mountPath": kind.path, "readOnly": True}]
    assert source["serviceAccountToken"]["audience"]
    assert values[kind.file] == f"{kind.path}/{source['serviceAccountToken']['path']}"
    assert "$(" not in "".join(values.values())
    assert len([it for it in identity.KINDS if {it.file, it.beside} & values.keys()]) == 1
    if kind.beside == "AWS_CONTAINER_CREDENTIALS_FULL_URI":
        assert agents.serves(values[kind.beside])


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

    spec = jsonpatch.apply_patch(found, inject(found, "", Settings("i")).operations)["spec"]

    others = [*spec["containers"], *spec["initContainers"][1:]]
    mounted = {name for container in others for name in names(container.get("volumeMounts"))}
    assert mounted >= {"jasm-token", "jasm-token-1", "jasm-podinfo", "jasm-handover"}
    assert mounted & set(names(spec["volumes"])) == set()
