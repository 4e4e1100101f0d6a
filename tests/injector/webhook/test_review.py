"""AdmissionReview, in and out."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.webhook import review
from injector.webhook.review import BadReview, Review

POD = {"kind": "Pod", "metadata": {}, "spec": {}}


def body(**changed: Any) -> bytes:
    request = {"uid": "u1", "namespace": "shop", "object": POD} | changed.pop("request", {})
    whole = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    return json.dumps(whole | changed).encode()


def test_the_parts_that_matter_are_read() -> None:
    assert review.decode(body()) == Review("u1", "shop", POD, len(body()))


@pytest.mark.parametrize(
    ("raw", "status", "sentence"),
    [
        (b"", 400, "the body is empty"),
        (b"{", 400, "not JSON"),
        (b"\xff", 400, "not JSON"),
        (b"[" * 100_000, 400, "not JSON"),
        (b"[]", 400, "no AdmissionReview"),
        (body(kind="Pod"), 400, "no AdmissionReview"),
        (body(apiVersion="admission.k8s.io/v1beta1"), 400, "must be admission.k8s.io/v1"),
        (b'{"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1"}', 400, "uid"),
        (body(request={"uid": 5}), 400, "no request with a uid"),
        (body(request={"object": None}), 422, "no Pod"),
        (body(request={"object": {"kind": "Secret"}}), 422, "no Pod"),
        (body(request={"object": {"kind": "Pod"}}), 422, "no metadata"),
        (body(request={"namespace": None}), 422, "no Pod in a namespace"),
    ],
)
def test_anything_else_has_its_own_answer(raw: bytes, status: int, sentence: str) -> None:
    with pytest.raises(BadReview, match=sentence) as caught:
        review.decode(raw)

    assert caught.value.status == status


@given(st.binary(max_size=100))
def test_any_bytes_are_a_review_or_a_bad_one(raw: bytes) -> None:
    with pytest.raises(BadReview):
        review.decode(raw)


def test_allowed() -> None:
    assert json.loads(review.allowed("u1")) == {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": "u1", "allowed": True},
    }


def test_patched_carries_the_operations_in_base64_and_warnings_cut() -> None:
    operations = [{"op": "add", "path": "/a", "value": "é"}]

    response = json.loads(review.patched("u1", review.encoded(operations), ["x" * 300]))["response"]

    assert json.loads(base64.b64decode(response.pop("patch"))) == operations
    assert response == {
        "uid": "u1",
        "allowed": True,
        "patchType": "JSONPatch",
        "warnings": ["x" * 256],
    }


def test_an_error_is_a_refusal_with_its_code() -> None:
    response = json.loads(review.errored("u1", 500, "a bug"))["response"]

    assert response == {
        "uid": "u1",
        "allowed": False,
        "status": {"code": 500, "message": "a bug"},
    }
