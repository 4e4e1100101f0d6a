"""What is remembered of one pod holds for every pod of the same facts."""

import base64
import copy
import json
from collections.abc import Callable
from typing import Any
from unittest import mock

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from initsync.injection.patch import Injection, inject
from initsync.injection.settings import InjectionSettings
from initsync.words import keys
from injector.webhook import facts, plan
from injector.webhook.plan import Plans
from tests.golden.settings import DEFAULT, settings_of
from tests.initsync.injection.generated import SPEC
from tests.initsync.injection.test_patch import ANNOTATION, CASES, load
from tests.injector.webhook.test_hostile import PODS, hostile
from tests.places import ROOT

REVIEW = ROOT / "tests" / "bench" / "webhook" / "review.json"


def holds(pod: Any, settings: InjectionSettings = DEFAULT) -> None:
    """A pod of these facts alone has the pod's own patch."""
    small = orjson.loads(facts.of(pod))

    assert inject(small, "", settings) == inject(pod, "shop", settings)
    assert facts.of(small) == facts.of(pod)


@pytest.mark.parametrize("case", CASES)
def test_the_patch_of_a_golden_pod_is_its_facts(case: str) -> None:
    holds(load(f"{case}.pod.yaml"), settings_of(case))
    holds(load(f"{case}.expected.yaml")["pod"], settings_of(case))


SIDECAR_PORTS = st.fixed_dictionaries(
    {"ports": st.lists(st.fixed_dictionaries({"containerPort": st.sampled_from([80, 9102])}))}
)
ACTIONS = ("evict", "signal:HUP", "http://localhost:80/")
VALUES = st.sampled_from(
    ["false", "sidecar", "last", "app", "9102", "1337", "5s", "100m", "", "x", *ACTIONS]
)
OWN = st.dictionaries(
    st.sampled_from(
        [
            *(keys.INJECT, keys.MODE, keys.PLACE, keys.METRICS_PORT, keys.RUN_AS_USER),
            *(keys.ON_FAILURE, keys.REFRESH_INTERVAL, keys.PREFIX + "cpu", "a/b"),
            *(keys.ON_CHANGE, keys.CHANGE_WINDOW),
            "kubernetes.io/config.mirror",
        ]
    ),
    VALUES,
    max_size=4,
)
EXPRESSION = st.fixed_dictionaries(
    {
        "key": st.sampled_from(["kubernetes.io/os", "beta.kubernetes.io/os", "a/b"]),
        "operator": st.sampled_from(["In", "NotIn", "Exists"]),
    },
    optional={"values": st.lists(st.sampled_from(["windows", "linux"]), max_size=2)},
)
TERM = st.fixed_dictionaries(
    {}, optional={"matchExpressions": st.lists(EXPRESSION, max_size=2), "matchFields": st.just([1])}
)
AFFINITY = st.lists(TERM, max_size=2).map(
    lambda terms: {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}
        }
    }
)
MORE = st.fixed_dictionaries(
    {},
    optional={
        "restartPolicy": st.sampled_from(["Always", "Never"]),
        "os": st.none() | st.just({"name": "windows"}),
        "nodeSelector": st.sampled_from([{}, {"a/b": "c"}, {"beta.kubernetes.io/os": "windows"}]),
        "affinity": st.none() | AFFINITY,
        "hostNetwork": st.just(True),
    },
)


@given(
    spec=st.builds(dict.__or__, SPEC, MORE),
    ports=SIDECAR_PORTS,
    own=OWN,
    labels=st.none() | OWN,
    text=st.sampled_from([ANNOTATION, "", "path: x"]),
)
def test_the_patch_of_any_pod_is_its_facts(
    spec: Any, ports: Any, own: Any, labels: Any, text: str
) -> None:
    spec["containers"][0] |= ports
    metadata = {"name": "p", "annotations": {keys.ANNOTATION: text, **own}, "labels": labels}
    holds({"kind": "Pod", "metadata": metadata, "spec": spec})


def outcome(done: Callable[[], object]) -> object:
    try:
        return done()
    except Exception as error:
        return type(error)


@pytest.mark.parametrize("case", PODS, ids=lambda case: f"{case['at'][-1]}={case['value']}")
def test_a_pod_with_something_else_in_any_place_has_the_plan_that_it_had(
    case: dict[str, Any],
) -> None:
    pod, settings = hostile(case), InjectionSettings("i")

    with mock.patch.object(facts, "of", side_effect=KeyError):
        without = outcome(lambda: Plans(settings).of(pod, 0))

    assert outcome(lambda: Plans(settings).of(pod, 0)) == without


def another(pod: Any) -> Any:
    """The next pod of the same Deployment, as an API server sends it."""
    text = yaml.safe_dump(pod, sort_keys=False).replace(
        "kube-api-access-7nfgg", "kube-api-access-x2x4d"
    )
    made = yaml.safe_load(text)
    made["metadata"] |= {"name": "web-2", "managedFields": [], "labels": {"pod": "web-2"}}
    made["spec"] |= {"hostname": "web-2", "tolerations": []}
    return made


def test_the_pods_of_one_deployment_are_planned_once() -> None:
    first = json.loads(REVIEW.read_text())["request"]["object"]
    plans = Plans(DEFAULT)

    with mock.patch.object(plan, "inject", side_effect=inject) as planned:
        made = [plans.of(pod, 0) for pod in (first, another(first), copy.deepcopy(first))]

    assert planned.call_count == 1
    assert made[0] == made[1] == made[2]
    assert json.loads(base64.b64decode(made[0].patch)) == inject(first, "shop", DEFAULT).operations


def test_a_pod_of_very_many_facts_is_not_remembered() -> None:
    pod = load("no-volumes-no-init-containers.pod.yaml")
    pod["metadata"]["annotations"][keys.PREFIX + "note"] = "x" * 5000
    plans = Plans(DEFAULT)

    with mock.patch.object(plan, "inject", return_value=Injection([], [])) as planned:
        plans.of(pod, 0)
        plans.of(pod, 0)

    assert planned.call_count == 2
