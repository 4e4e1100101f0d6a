"""Secrets and server-side apply, asked of the embedded API server and of the real one."""

import pytest

from initsync.testing.client import APPLY
from initsync.words.model import JsonObject
from tests.cluster.contract import (
    EXAMPLE,
    Secrets,
    assert_refused,
    encoded,
    of_both,
    secret,
    version,
)

pytestmark = of_both


class TestSecrets:
    def test_a_created_secret_has_uid_version_and_type(self, secrets: Secrets) -> None:
        answer = secrets.create(secret("db", {"a": EXAMPLE}))

        assert answer.status == 201
        assert answer.body["type"] == "Opaque"
        assert answer.body["data"] == {"a": encoded(EXAMPLE)}
        assert answer.body["metadata"]["uid"]
        assert int(version(answer)) > 1
        assert secrets.get("db").body == answer.body

    def test_string_data_wins_over_data(self, secrets: Secrets) -> None:
        body = secret("db", {"a": "1"}) | {"stringData": {"a": "2", "b": "3"}}

        assert secrets.create(body).body["data"] == {"a": encoded("2"), "b": encoded("3")}

    def test_creating_it_again_is_no_version_conflict(self, secrets: Secrets) -> None:
        secrets.create(secret("db"))

        assert_refused(
            secrets.create(secret("db")), 409, "AlreadyExists", 'secrets "db" already exists'
        )

    def test_a_missing_one_is_not_found_by_any_verb_but_apply(self, secrets: Secrets) -> None:
        answers = [
            secrets.get("db"),
            secrets.put(secret("db")),
            secrets.merge("db", {"data": {}}),
            secrets.delete("db"),
        ]

        for answer in answers:
            assert_refused(answer, 404, "NotFound", 'secrets "db" not found')
            assert answer.body["details"] == {"name": "db", "kind": "secrets"}

    def test_put_without_a_version_overwrites(self, secrets: Secrets) -> None:
        secrets.create(secret("db", {"a": "1", "b": "2"}))

        answer = secrets.put(secret("db", {"a": "3"}))

        assert answer.status == 200
        assert answer.body["data"] == {"a": encoded("3")}

    def test_a_write_with_a_stale_version_is_a_conflict(self, secrets: Secrets) -> None:
        stale = version(secrets.create(secret("db", {"a": "1"})))
        secrets.merge("db", {"data": {"a": encoded("2")}})

        for answer in [
            secrets.put(secret("db", {"a": "3"}, resourceVersion=stale)),
            secrets.apply(secret("db", {"a": "3"}, resourceVersion=stale)),
            secrets.merge("db", {"metadata": {"resourceVersion": stale}, "data": {"a": None}}),
        ]:
            assert_refused(answer, 409, "Conflict", "the object has been modified; please apply")
        assert secrets.get("db").body["data"] == {"a": encoded("2")}

    def test_a_deleted_one_is_gone(self, secrets: Secrets) -> None:
        created = secrets.create(secret("db"))

        answer = secrets.delete("db")

        assert (answer.status, answer.body["status"]) == (200, "Success")
        assert answer.body["details"]["uid"] == created.body["metadata"]["uid"]
        assert secrets.get("db").status == 404

    def test_a_list_holds_the_namespaces_own(self, secrets: Secrets) -> None:
        for name in ("b", "a"):
            secrets.create(secret(name))

        answer = secrets.client.request("GET", secrets.path)

        assert answer.body["kind"] == "SecretList"
        assert [item["metadata"]["name"] for item in answer.body["items"]] == ["a", "b"]


class TestApply:
    def test_version_1_creates_a_missing_secret(self, secrets: Secrets) -> None:
        assert secrets.apply(secret("db", {"a": "1"}, resourceVersion="1")).status == 201

    def test_version_1_conflicts_with_an_existing_one(self, secrets: Secrets) -> None:
        secrets.apply(secret("db", {"a": "1"}))

        answer = secrets.apply(secret("db", {"a": "2"}, resourceVersion="1"))

        assert_refused(answer, 409, "Conflict", "the object has been modified")

    def test_the_read_version_writes(self, secrets: Secrets) -> None:
        read = version(secrets.apply(secret("db", {"a": "1"})))

        answer = secrets.apply(secret("db", {"a": "2"}, resourceVersion=read))

        assert (answer.status, answer.body["data"]) == (200, {"a": encoded("2")})

    def test_one_deleted_meanwhile_is_created_again(self, secrets: Secrets) -> None:
        read = version(secrets.apply(secret("db", {"a": "1"})))
        secrets.delete("db")

        assert secrets.apply(secret("db", {"a": "2"}, resourceVersion=read)).status == 201

    def test_the_same_content_keeps_the_version(self, secrets: Secrets) -> None:
        first = secrets.apply(secret("db", {"a": "1"}))
        again = secrets.apply(secret("db", {"a": "1"}))

        assert (again.status, version(again)) == (200, version(first))

    def test_a_key_dropped_by_its_only_owner_goes(self, secrets: Secrets) -> None:
        secrets.apply(secret("db", {"a": "1", "b": "2"}))

        assert secrets.apply(secret("db", {"a": "1"})).body["data"] == {"a": encoded("1")}

    def test_a_co_owned_key_stays_until_it_is_removed_by_name(self, secrets: Secrets) -> None:
        secrets.apply(secret("db", {"a": "1", "b": "2"}))
        secrets.apply(secret("db", {"b": "2"}), "other")

        left = secrets.apply(secret("db", {"a": "1"}))
        removed = secrets.merge(
            "db", {"metadata": {"resourceVersion": version(left)}, "data": {"b": None}}
        )

        assert left.body["data"].keys() == {"a", "b"}
        assert removed.body["data"].keys() == {"a"}

    def test_foreign_labels_annotations_and_keys_survive(self, secrets: Secrets) -> None:
        foreign = {"labels": {"team": "x"}, "annotations": {"note": "y"}}
        secrets.create(secret("db", {"theirs": "0"}, **foreign))

        answer = secrets.apply(secret("db", {"a": "1"}, labels={"ours": "z"}))

        assert answer.body["metadata"]["labels"] == {"team": "x", "ours": "z"}
        assert answer.body["metadata"]["annotations"] == {"note": "y"}
        assert answer.body["data"].keys() == {"theirs", "a"}

    def test_without_force_one_conflict_names_owner_and_field(self, secrets: Secrets) -> None:
        secrets.apply(secret("db", {"a": "1"}))

        answer = secrets.apply(secret("db", {"a": "2"}), "other", force=False)

        message = 'Apply failed with 1 conflict: conflict with "jasm": .data.a'
        assert_refused(answer, 409, "Conflict", message)
        assert answer.body["details"]["causes"] == [
            {
                "reason": "FieldManagerConflict",
                "message": 'conflict with "jasm"',
                "field": ".data.a",
            }
        ]

    def test_without_force_several_conflicts_are_listed(self, secrets: Secrets) -> None:
        secrets.create(secret("db", {"a": "1", "b": "1"}))

        answer = secrets.apply(secret("db", {"a": "2", "b": "2"}), "other", force=False)

        assert answer.body["message"] == (
            'Apply failed with 2 conflicts: conflicts with "jasm-testing" using v1:\n'
            "- .data.a\n- .data.b"
        )

    def test_equal_values_are_no_conflict(self, secrets: Secrets) -> None:
        secrets.apply(secret("db", {"a": "1"}))

        assert secrets.apply(secret("db", {"a": "1"}), "other", force=False).status == 200

    def test_force_takes_over(self, secrets: Secrets) -> None:
        secrets.apply(secret("db", {"a": "1"}), "other")
        secrets.apply(secret("db", {"a": "2"}))

        # No longer theirs: leaving it out removes nothing.
        answer = secrets.apply(secret("db"), "other")

        assert answer.body["data"] == {"a": encoded("2")}

    def test_managers_are_listed_with_what_they_own(self, secrets: Secrets) -> None:
        secrets.create(secret("db", {"a": "1"}))
        answer = secrets.apply(secret("db", {"b": "2"}))

        fields = {
            (entry["manager"], entry["operation"]): entry["fieldsV1"]["f:data"]
            for entry in answer.body["metadata"]["managedFields"]
        }
        assert fields["jasm", "Apply"] == {"f:b": {}}
        assert "f:a" in fields["jasm-testing", "Update"]

    def test_a_dry_run_stores_nothing(self, secrets: Secrets) -> None:
        target = f"{secrets.path}/db?fieldManager=jasm&force=true&dryRun=All"

        answer = secrets.client.request("PATCH", target, secret("db", {"a": "1"}), APPLY)

        assert answer.status == 201
        assert secrets.get("db").status == 404

    @pytest.mark.parametrize(
        ("query", "body", "code", "reason", "fragment"),
        [
            ("", secret("db"), 422, "Invalid", "fieldManager: Required value: is required for"),
            ("m", secret("x"), 400, "BadRequest", "name of the object (x) does not match the name"),
            ("m", secret("db", namespace="x"), 400, "BadRequest", "the namespace of the provided"),
            ("m", secret("db") | {"kind": "Pod"}, 400, "BadRequest", "invalid object type: /v1, "),
            (
                "m",
                secret("db", managedFields=[{"manager": "x"}]),
                400,
                "BadRequest",
                "metadata.managedFields must be nil",
            ),
        ],
    )
    def test_a_malformed_apply_is_refused(
        self, secrets: Secrets, query: str, body: JsonObject, code: int, reason: str, fragment: str
    ) -> None:
        target = f"{secrets.path}/db" + (f"?fieldManager={query}" if query else "")

        answer = secrets.client.request("PATCH", target, body, APPLY)

        assert_refused(answer, code, reason, fragment)
