"""The failure table: every row has its reason, exit code and a sentence that says what to do."""

from collections.abc import Iterator

import pytest

from initsync.words import errors
from initsync.words.errors import JasmError

TABLE: list[tuple[JasmError, str, int, bool, list[str]]] = [
    (
        errors.AnnotationError.field("secretName", "A", "must be lower-case", 3),
        "InvalidAnnotation",
        3,
        False,
        ["secretName", "'A'", "must be lower-case", "line 3"],
    ),
    (
        errors.UnsupportedProvider("azure", ["aws-secretsmanager", "vault"], 1),
        "UnsupportedProvider",
        3,
        False,
        ["azure", "aws-secretsmanager, vault", "line 1"],
    ),
    (
        errors.InvalidSecretData("aws-secretsmanager", "/db", "key 'a/b' must be …"),
        "InvalidSecretData",
        3,
        False,
        ["aws-secretsmanager", "/db", "key 'a/b'", "correct it"],
    ),
    (
        errors.SecretNotFound("aws-secretsmanager", "/db", "in region eu-west-1"),
        "ExternalSecretNotFound",
        4,
        False,
        ["aws-secretsmanager", "/db", "eu-west-1", "create it"],
    ),
    (
        errors.ProviderRefused("AWS STS", "UnknownOperation: because", "look it up"),
        "ProviderUnavailable",
        5,
        False,
        ["AWS STS", "UnknownOperation: because", "look it up"],
    ),
    (
        errors.AccessDenied("aws-secretsmanager", "secretsmanager:GetSecretValue on /db", "role/a"),
        "ExternalSecretAccessDenied",
        4,
        False,
        ["secretsmanager:GetSecretValue", "role/a", "grant"],
    ),
    (
        errors.AccessDenied("aws", "to read", "role/a", "no policy", "its boundary must allow it"),
        "ExternalSecretAccessDenied",
        4,
        False,
        ["aws refused role/a (no policy): its boundary must allow it"],
    ),
    (
        errors.SecretRefused(
            "aws-secretsmanager", "/db", "in region eu-west-1", "was deleted", "restore it"
        ),
        "ExternalSecretNotFound",
        4,
        False,
        ["does not give the secret at path '/db' in region eu-west-1 (was deleted): restore it"],
    ),
    (
        errors.NoIdentityYet(["agent: 404"], "check the association"),
        "NoCloudIdentity",
        4,
        False,
        ["agent: 404", "check the association"],
    ),
    (
        errors.NoIdentity(["environment: unset", "web identity: unset"], "annotate it"),
        "NoCloudIdentity",
        4,
        False,
        ["environment: unset", "web identity: unset", "annotate it"],
    ),
    (
        errors.ProviderUnavailable("aws-secretsmanager", "HTTP 503"),
        "ProviderUnavailable",
        5,
        True,
        ["1 attempt", "0.0 s", "HTTP 503"],
    ),
    (
        errors.NotManaged("shop", "db", "belongs to 'helm'", "annotate it"),
        "SecretNotManaged",
        3,
        False,
        ["shop/db", "helm", "annotate it"],
    ),
    (
        errors.ClusterForbidden("get Secret shop/db", "User … cannot", "apply the Role"),
        "KubernetesForbidden",
        5,
        False,
        ["get Secret shop/db", "User … cannot", "apply the Role"],
    ),
    (
        errors.ClusterError("apply Secret shop/db", "too long (422)"),
        "KubernetesError",
        5,
        False,
        ["apply Secret shop/db", "too long"],
    ),
    (
        errors.ClusterTooLarge("patch Secret shop/db", "too large (422)", "remove the note"),
        "KubernetesError",
        5,
        False,
        ["patch Secret shop/db", "too large (422)", "remove the note"],
    ),
    (
        errors.ClusterConflict("apply Secret shop/db", "changed (409)"),
        "KubernetesError",
        5,
        False,
        ["changed"],
    ),
    (
        errors.ClusterUnavailable("get Secret shop/db", "refused"),
        "KubernetesError",
        5,
        True,
        ["get Secret shop/db", "refused"],
    ),
    (
        errors.ForeignObject("Secret jasm-system/tls", "belongs to 'Helm'", "name another"),
        "ObjectNotManaged",
        3,
        False,
        ["Secret jasm-system/tls", "Helm", "name another"],
    ),
    (
        errors.InvalidSetup("cannot read /x", "mount it"),
        "InvalidSetup",
        2,
        False,
        ["/x", "mount it"],
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: type(row[0]).__name__)
def test_a_row_of_the_table(row: tuple[JasmError, str, int, bool, list[str]]) -> None:
    error, reason, exit_code, transient, said = row

    assert (error.reason, error.exit_code, error.transient) == (reason, exit_code, transient)
    assert [part for part in said if part not in str(error)] == []


def _classes(base: type[JasmError]) -> Iterator[type[JasmError]]:
    for found in base.__subclasses__():
        yield found
        yield from _classes(found)


def test_no_class_is_missing_from_the_table() -> None:
    assert {type(row[0]) for row in TABLE} == set(_classes(JasmError))


def test_giving_up_is_told_with_attempts_and_seconds() -> None:
    error = errors.ProviderUnavailable("aws-secretsmanager", "HTTP 503")
    error.attempts, error.seconds = 6, 31.24

    assert "(6 attempts in 31.2 s): HTTP 503" in str(error)
