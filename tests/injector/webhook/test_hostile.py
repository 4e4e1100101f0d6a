"""Reviews that no API server sends: each gets an answer, and a review its own UID."""

import copy
import io
import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from initsync.injection.settings import InjectionSettings
from injector.webhook.app import App
from injector.webhook.head import Head
from injector.webhook.logs import Log
from injector.webhook.metrics import Metrics
from tests.places import ROOT

HERE = ROOT / "tests" / "hostile" / "reviews"
BASE = """
kind: Pod
metadata:
  name: web
  labels: {app: web}
  ownerReferences: [{kind: ReplicaSet, name: web-5d}]
  annotations:
    jasm.codnod.io/secret-sync: "provider: aws-secretsmanager\\npath: /prod/db\\nsecretName: db"
spec:
  restartPolicy: Always
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms:
        - matchExpressions: [{key: kubernetes.io/os, operator: In, values: [windows, linux]}]
  containers:
  - name: app
    image: i
    env: [{name: AWS_REGION, value: eu-west-1}]
    volumeMounts: [{name: aws-iam-token, mountPath: /t}]
    resources: {limits: {cpu: "1"}}
  initContainers: [{name: istio-proxy, restartPolicy: Always}]
  volumes:
  - name: v
    secret: {secretName: db, items: [{key: a, path: a}]}
    projected: {sources: [{secret: {name: db}}]}
"""


def lines(name: str) -> list[Any]:
    return [json.loads(line) for line in (HERE / name).read_text().splitlines()]


def hostile(case: dict[str, Any]) -> Any:
    """The pod, with something else in one place."""
    pod = yaml.safe_load(BASE)
    *way, last = case["at"]
    place = pod
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    place[int(last) if isinstance(place, list) else last] = copy.deepcopy(case["value"])
    return pod


BODIES, PODS = lines("bodies.jsonl"), lines("pods.jsonl")


def ask(body: bytes, path: str = "/mutate") -> tuple[int, bytes]:
    """One request to the application, as the server hands it over."""
    metrics = Metrics(lambda: (0.0, 0.0), lambda: 0)
    app = App(InjectionSettings("i"), lambda: "", Log(io.StringIO()), metrics)
    answer = app.answer(Head(b"POST", path, "application/json", len(body), True), body)
    return answer.status, answer.body


def review(pod: Any) -> bytes:
    request = {"uid": "u1", "namespace": "shop", "object": pod}
    whole = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    return json.dumps(whole).encode()


def answered(pod: Any) -> None:
    """A review of this pod is answered as one, or refused as none of a pod."""
    status, body = ask(review(pod))

    if status == 200:
        response = json.loads(body)["response"]
        assert response["uid"] == "u1"
        assert response["allowed"] or response["status"]["message"]
    else:
        assert status == 422
        assert body


def test_there_are_three_hundred_hostile_reviews_all_different() -> None:
    everything = [json.dumps(case) for case in [*BODIES, *PODS]]

    assert len(set(everything)) == len(everything) >= 300


@pytest.mark.parametrize("case", BODIES, ids=lambda case: case["name"])
def test_a_body_that_is_no_review_is_refused_with_a_sentence(case: dict[str, str]) -> None:
    status, body = ask(case["body"].encode("utf-8", "surrogatepass"))

    assert status in (400, 422)
    assert body.startswith((b"the body", b"the AdmissionReview", b"the request"))


@pytest.mark.threat("A tenant is malicious")
@pytest.mark.parametrize("case", PODS, ids=lambda case: f"{case['at'][-1]}={case['value']}")
def test_a_pod_with_something_else_in_any_place_is_answered(case: dict[str, Any]) -> None:
    answered(hostile(case))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
SPEC = st.dictionaries(
    st.sampled_from(["containers", "initContainers", "volumes", "os", "nodeSelector", "affinity"]),
    JSON,
)


@given(SPEC, st.dictionaries(st.sampled_from(["name", "labels", "ownerReferences"]), JSON))
def test_any_pod_whatever_is_answered(spec: dict[str, Any], metadata: dict[str, Any]) -> None:
    annotations = yaml.safe_load(BASE)["metadata"]["annotations"]

    answered({"kind": "Pod", "metadata": metadata | {"annotations": annotations}, "spec": spec})


@given(st.binary())
def test_any_bytes_are_answered(body: bytes) -> None:
    assert ask(body)[0] in (400, 422)
