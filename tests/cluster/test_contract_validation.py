"""What a Secret may be, asked of the embedded API server and of the real one."""

import pytest

from initsync.words.model import JsonObject
from tests.cluster.contract import EXAMPLE, Secrets, assert_refused, of_both, secret

pytestmark = of_both


class TestSecretValidation:
    @pytest.mark.parametrize(
        ("key", "rule"),
        [
            ("a b", "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"),
            ("", "a valid config key must consist of alphanumeric characters"),
            ("ключ", "a valid config key must consist of alphanumeric characters"),
            (".", "must not be '.'"),
            ("..", "must not be '..'"),
            ("..a", "must not start with '..'"),
            ("a" * 254, "must be no more than 253 characters"),
        ],
    )
    @pytest.mark.parametrize("verb", ["create", "apply"])
    def test_a_bad_key_is_named(self, secrets: Secrets, verb: str, key: str, rule: str) -> None:
        body = secret("db", {key: EXAMPLE})

        answer = secrets.create(body) if verb == "create" else secrets.apply(body)

        said = f'Secret "db" is invalid: data[{key}]: Invalid value: "{key}": {rule}'
        assert_refused(answer, 422, "Invalid", said)
        assert EXAMPLE not in answer.body["message"]

    @pytest.mark.parametrize("key", ["a", "A.b-c_9", ".hidden", "-", "a" * 253])
    def test_a_good_key_is_taken(self, secrets: Secrets, key: str) -> None:
        assert secrets.apply(secret("db", {key: "1"})).status == 201

    def test_every_bad_key_is_listed(self, secrets: Secrets) -> None:
        answer = secrets.create(secret("db", {"a b": "1", "c d": "2"}))

        assert answer.body["message"].startswith('Secret "db" is invalid: [data[')
        fields = {cause["field"] for cause in answer.body["details"]["causes"]}
        assert fields == {"data[a b]", "data[c d]"}

    def test_the_decoded_values_may_be_one_mebibyte(self, secrets: Secrets) -> None:
        assert secrets.apply(secret("db", {"a": "x" * 524_288, "b": "x" * 524_288})).status == 201

    def test_one_byte_more_is_too_long(self, secrets: Secrets) -> None:
        answer = secrets.apply(secret("db", {"a": "x" * 524_288, "b": "x" * 524_289}))

        said = 'Secret "db" is invalid: data: Too long: '
        assert_refused(answer, 422, "Invalid", said)

    @pytest.mark.parametrize(
        ("name", "rule"),
        [
            ("Db", "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric"),
            ("db-", "a lowercase RFC 1123 subdomain"),
            ("a..b", "a lowercase RFC 1123 subdomain"),
            ("n" * 254, "must be no more than 253 characters"),
        ],
    )
    def test_a_bad_name_is_refused(self, secrets: Secrets, name: str, rule: str) -> None:
        for answer in (secrets.create(secret(name)), secrets.apply(secret(name))):
            said = f'metadata.name: Invalid value: "{name}": {rule}'
            assert_refused(answer, 422, "Invalid", said)

    def test_a_name_is_required(self, secrets: Secrets) -> None:
        answer = secrets.create(secret(""))

        assert_refused(answer, 422, "Invalid", "Required value: name or generateName is required")

    @pytest.mark.parametrize(
        ("metadata", "field"),
        [
            ({"labels": {"ok": "b c"}}, "metadata.labels"),
            ({"labels": {"ok": "x" * 64}}, "metadata.labels"),
            ({"labels": {"a b": "c"}}, "metadata.labels"),
            ({"labels": {"UPPER/a": "c"}}, "metadata.labels"),
            ({"annotations": {"a b": "c"}}, "metadata.annotations"),
            ({"annotations": {"a": "c" * 262_144}}, "metadata.annotations"),
        ],
    )
    def test_bad_metadata_is_refused(
        self, secrets: Secrets, metadata: JsonObject, field: str
    ) -> None:
        answer = secrets.apply(secret("db", **metadata))

        assert_refused(answer, 422, "Invalid", f'Secret "db" is invalid: {field}: ')
        assert {cause["field"] for cause in answer.body["details"]["causes"]} == {field}

    @pytest.mark.parametrize("verb", ["put", "apply"])
    def test_the_type_never_changes(self, secrets: Secrets, verb: str) -> None:
        secrets.create(secret("db", {"a": "1"}))
        body = secret("db", {"a": "1"}) | {"type": "example.com/other"}

        answer = secrets.put(body) if verb == "put" else secrets.apply(body)

        said = 'type: Invalid value: "example.com/other": field is immutable'
        assert_refused(answer, 422, "Invalid", said)

    def test_an_immutable_secret_takes_labels_only(self, secrets: Secrets) -> None:
        secrets.create(secret("db", {"a": "1"}) | {"immutable": True})

        relabelled = secrets.apply(secret("db", {"a": "1"}, labels={"x": "y"}))
        changed = secrets.apply(secret("db", {"a": "2"}))
        unset = secrets.merge("db", {"immutable": None})

        assert (relabelled.status, relabelled.body["immutable"]) == (200, True)
        rule = "Forbidden: field is immutable when `immutable` is set"
        assert_refused(changed, 422, "Invalid", f"data: {rule}")
        assert_refused(unset, 422, "Invalid", f"immutable: {rule}")

    @pytest.mark.parametrize("value", ["***", 1])
    def test_values_must_be_base64(self, secrets: Secrets, value: object) -> None:
        answer = secrets.create(secret("db") | {"data": {"a": value}})

        said = 'Secret in version "v1" cannot be handled as a Secret'
        assert_refused(answer, 400, "BadRequest", said)
