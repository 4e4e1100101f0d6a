"""Any pod that the real API server takes, it takes injected too, and with the same QoS class."""

import uuid
from typing import Any

import jsonpatch
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from initsync.injection.patch import inject
from initsync.injection.settings import InjectionSettings
from initsync.testing.controlplane import ControlPlane
from initsync.words import keys
from tests.full import times

OVERRIDES = {keys.PREFIX + "cpu", keys.PREFIX + "memory"}
ANNOTATION = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\n"


def some(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of the parts, none of them needed."""
    return st.fixed_dictionaries({}, optional=parts)


AMOUNT = {
    "cpu": st.sampled_from(["0", "5m", "100m", "1", "3"]),
    "memory": st.sampled_from(["0", "16Mi", "64Mi", "1Gi", "7G"]),
}
EQUAL = some(**AMOUNT).map(lambda amounts: {"limits": amounts, "requests": amounts})
SHARED = some(**AMOUNT).map(lambda it: {"limits": {"cpu": "3", "memory": "7G"}, "requests": it})
RESOURCES = EQUAL | SHARED | some(limits=some(**AMOUNT)) | some(requests=some(**AMOUNT))
NAMES = st.sampled_from(["app", "web", "istio-proxy", "migrate", "linkerd-proxy"])
SECRET = some(optional=st.booleans()).map(lambda rest: rest | {"secretName": "db"})
SOURCE = some(optional=st.booleans()).map(lambda rest: {"secret": rest | {"name": "db"}})
VOLUME = st.one_of(
    st.builds(lambda source: {"secret": source}, SECRET),
    st.builds(lambda source: {"projected": {"sources": [source]}}, SOURCE),
    st.just({"emptyDir": {}}),
)
VOLUMES = st.dictionaries(
    st.sampled_from(["v", "jasm-podinfo", "jasm-token", "jasm-handover", "aws-iam-token"]), VOLUME
).map(lambda found: [{"name": name} | volume for name, volume in found.items()])
SPEC = some(
    volumes=VOLUMES,
    restartPolicy=st.sampled_from(["Always", "OnFailure", "Never"]),
    hostNetwork=st.booleans(),
    shareProcessNamespace=st.booleans(),
    automountServiceAccountToken=st.booleans(),
    nodeSelector=st.just({"kubernetes.io/arch": "arm64"}),
    securityContext=some(runAsUser=st.sampled_from([0, 1000]), fsGroup=st.just(2000)),
    imagePullSecrets=st.just([{"name": "own"}]),
    resources=some(limits=some(cpu=st.just("2"), memory=st.just("2Gi"))),
)
CHOSEN = some(
    cpu=st.sampled_from(["50m", "9", "lots"]),
    memory=st.sampled_from(["32Mi", "x"]),
    place=st.sampled_from(["first", "last", "migrate", "nobody"]),
    **{"run-as-user": st.sampled_from(["1337", "0", "me", "none"])},
    **{"seccomp-profile": st.sampled_from(["none", "Localhost"])},
)


@st.composite
def pods(draw: st.DrawFn) -> dict[str, Any]:
    """A pod with the annotation."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    count = draw(st.integers(1, len(names)))
    spec = draw(SPEC)
    spec["containers"] = [_container(draw, name) for name in names[:count]]
    if names[count:]:
        spec["initContainers"] = [
            _container(draw, name) | draw(some(restartPolicy=st.just("Always")))
            for name in names[count:]
        ]
    chosen = {keys.PREFIX + name: value for name, value in draw(CHOSEN).items()}
    metadata = {"name": "p", "annotations": {keys.ANNOTATION: ANNOTATION} | chosen}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _container(draw: st.DrawFn, name: str) -> dict[str, Any]:
    return {"name": name, "image": "i", "resources": draw(RESOURCES)}


@pytest.fixture(scope="module")
def quiet(real_api: ControlPlane) -> str:
    """A namespace that no webhook looks at."""
    name = f"t-{uuid.uuid4().hex[:10]}"
    real_api.create_namespace(name, {keys.NAMESPACE_LABEL: "disabled"})
    return name


@settings(
    max_examples=times("EXAMPLES", full=150, usual=60),
    suppress_health_check=list(HealthCheck),
)
@given(pods())
def test_what_the_api_server_takes_it_takes_injected(
    real_api: ControlPlane, quiet: str, pod: dict[str, Any]
) -> None:
    path = f"/api/v1/namespaces/{quiet}/pods?dryRun=All"
    plain = real_api.request("POST", path, pod)
    assume(plain.status == 201)

    done = inject(pod, quiet, InjectionSettings("jasm/init:test"))
    injected = real_api.request("POST", path, jsonpatch.apply_patch(pod, done.operations))

    assert done.operations
    assert injected.status == 201, injected.body
    if not OVERRIDES & pod["metadata"]["annotations"].keys():  # who overrides may change it
        assert injected.body["status"]["qosClass"] == plain.body["status"]["qosClass"]
