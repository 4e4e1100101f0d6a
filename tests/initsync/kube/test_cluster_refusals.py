"""Refusals of the Kubernetes API as failures of the table: whose words are told, what to do."""

import pytest

from initsync.kube import rbac
from initsync.words.errors import (
    ClusterConflict,
    ClusterError,
    ClusterForbidden,
    ClusterTooLarge,
    ClusterUnavailable,
)
from tests.initsync.kube.scripted import SECRET, Scripted, cluster, status

GUARDED = (
    "secrets \"db\" is forbidden: ValidatingAdmissionPolicy 'jasm-guard' with binding 'jasm-guard' "
    "denied request: JASM's Role is "
)
TOO_LONG = {"causes": [{"reason": "FieldValueTooLong", "message": "pl4nted", "field": "data"}]}
OF_ETCD = (
    "rpc error: code = ResourceExhausted desc = trying to send message larger than max (2 vs. 1)"
)


@pytest.mark.parametrize(
    ("code", "said", "details", "sentence"),
    [
        (422, "pl4nted", TOO_LONG, "Invalid at data (422)"),
        (413, "pl4nted", {}, "Invalid (413)"),
        (500, "etcdserver: request is too large", {}, "etcdserver: request is too large (500)"),
        (500, OF_ETCD, {}, "trying to send message larger than max (500)"),
        (403, f"{GUARDED}not for Secrets with hundreds of labels and annotations;", {}, "hundreds"),
        (403, f"{GUARDED}not for Secrets with more than 64 KiB of annotations", {}, "64 KiB"),
    ],
)
def test_what_is_too_large_is_no_failure_of_the_server(
    code: int, said: str, details: object, sentence: str
) -> None:
    answer = status(code, "Invalid", said) | {"details": details}

    with pytest.raises(ClusterTooLarge) as caught:
        cluster(Scripted(code, answer)).apply_secret(SECRET)

    assert sentence in str(caught.value)
    assert "pl4nted" not in str(caught.value)


@pytest.mark.parametrize("details", [None, "x", [], {"causes": None}, {"causes": ["x", None, {}]}])
def test_details_that_are_none_are_looked_over(details: object) -> None:
    answer = status(422, "Invalid", "no") | {"details": details}

    with pytest.raises(ClusterError, match=r"Invalid \(422\)"):
        cluster(Scripted(422, answer)).apply_secret(SECRET)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, ClusterError),
        (401, ClusterError),
        (403, ClusterForbidden),
        (409, ClusterConflict),
        (422, ClusterError),
        (429, ClusterUnavailable),
        (500, ClusterUnavailable),
        (503, ClusterUnavailable),
    ],
)
def test_the_api_servers_own_message_is_passed_on(code: int, kind: type[ClusterError]) -> None:
    connection = Scripted(code, status(code, "Reason", 'secrets "db" is wrong'))

    with pytest.raises(ClusterError) as caught:
        cluster(connection).read_secret("db")

    assert type(caught.value) is kind
    assert f'cannot get Secret shop/db: secrets "db" is wrong ({code})' in str(caught.value)


@pytest.mark.parametrize("code", [400, 422])
def test_what_the_api_server_quotes_of_a_written_secret_is_not_passed_on(code: int) -> None:
    quoting = status(code, "Invalid", 'patch: Invalid value: "{data: pl4nted}"')
    quoting["details"] = {"causes": [{"field": "data[a/b]", "message": "pl4nted"}]}

    with pytest.raises(ClusterError) as applied:
        cluster(Scripted(code, quoting)).apply_secret(SECRET)
    with pytest.raises(ClusterError) as removed:
        cluster(Scripted(code, quoting)).remove(SECRET)

    assert "pl4nted" not in f"{applied.value} {removed.value}"
    assert f"cannot apply Secret shop/db: Invalid at data[a/b] ({code})" in str(applied.value)


@pytest.mark.parametrize("name", ["jasm-guard", "acme-guard", "a.b-guard"])
def test_the_guards_sentence_is_passed_on_whatever_the_release_is_called(name: str) -> None:
    message = f"{GUARDED}for Secrets of type Opaque only; JASM's docs/security.md says why"
    message = message.replace("jasm-guard", name)

    with pytest.raises(ClusterForbidden) as caught:
        cluster(Scripted(403, status(403, "Forbidden", message))).apply_secret(SECRET)

    assert str(caught.value) == f"cannot apply Secret shop/db: {message} (403)"


@pytest.mark.parametrize(
    "message",
    [
        f'admission webhook "w.x" denied the request: {GUARDED}pl4nted',
        f"{GUARDED.replace('jasm-guard', 'team-guard')}pl4nted",
        f"{GUARDED.replace('jasm-guard', 'team-policy')}for Secrets of type pl4nted",
    ],
)
def test_a_sentence_that_only_quotes_the_guards_is_not(message: str) -> None:
    with pytest.raises(ClusterForbidden) as caught:
        cluster(Scripted(403, status(403, "Forbidden", message))).apply_secret(SECRET)

    assert "pl4nted" not in str(caught.value)


def test_a_refusal_names_the_role_to_apply() -> None:
    with pytest.raises(
        ClusterForbidden, match=rf"deploy/manifests/app/role\.yaml: {rbac.IN_WORDS}"
    ):
        cluster(Scripted(403, status(403, "Forbidden", "no"))).read_secret("db")


@pytest.mark.parametrize(
    ("code", "message", "advice"),
    [
        (
            403,
            'secrets "db" is forbidden: exceeded quota: q, requested: secrets=1',
            "ResourceQuota",
        ),
        (403, "because it is being terminated", "the namespace is being deleted, and this pod"),
        (403, 'admission webhook "w.x" denied the request: no', "ask who runs that webhook"),
        (500, 'failed calling webhook "w.x": timeout', "ask who runs that webhook"),
        (422, "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", "that policy"),
        (403, f"{GUARDED}not for deleting Secrets", "(403)"),
    ],
)
def test_what_stands_in_the_way_has_its_own_advice(code: int, message: str, advice: str) -> None:
    with pytest.raises(ClusterError) as caught:
        cluster(Scripted(code, status(code, "Forbidden", message))).apply_secret(SECRET)

    assert advice in str(caught.value)
    assert "role.yaml" not in str(caught.value)


@pytest.mark.parametrize("code", [400, 403, 406, 409, 422, 500])
@pytest.mark.parametrize(
    "message",
    [
        'admission webhook "w.x" denied the request: value pl4nted, cannot patch resource',
        'failed calling webhook "w.x": pl4nted',
        "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: pl4nted exceeded quota",
        "pl4nted",
    ],
)
def test_what_anybody_says_of_a_written_secret_is_not_passed_on(code: int, message: str) -> None:
    with pytest.raises(ClusterError) as caught:
        cluster(Scripted(code, status(code, "Reason", message))).apply_secret(SECRET)

    assert "pl4nted" not in str(caught.value)


def test_who_refused_is_told_where_the_words_may_quote_the_secret() -> None:
    message = 'admission webhook "w.x" denied the request: pl4nted'

    with pytest.raises(ClusterError) as caught:
        cluster(Scripted(400, status(400, "BadRequest", message))).apply_secret(SECRET)

    assert 'BadRequest by admission webhook "w.x" (400)' in str(caught.value)
    assert "pl4nted" not in str(caught.value)
