"""What JASM relies on in an API server, asked of the embedded one and of the real one."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from initsync.model import JsonObject
from initsync.testing import manifests
from initsync.testing.client import APPLY, MERGE, Answer, Client
from initsync.testing.server import ApiServer

EXAMPLE = "pl4nted"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def secret(name: str, data: dict[str, str] | None = None, **metadata: Any) -> JsonObject:
    values = {key: encoded(text) for key, text in (data or {}).items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, **metadata},
        "data": values,
    }


class Secrets:
    """Requests for the Secrets of one namespace, as one identity."""

    def __init__(self, client: ApiServer | Client, namespace: str) -> None:
        self.client = client
        self.path = f"/api/v1/namespaces/{namespace}/secrets"

    def get(self, name: str) -> Answer:
        return self.client.request("GET", f"{self.path}/{name}")

    def create(self, body: object) -> Answer:
        return self.client.request("POST", self.path, body)

    def put(self, body: JsonObject) -> Answer:
        return self.client.request("PUT", f"{self.path}/{body['metadata']['name']}", body)

    def merge(self, name: str, patch: JsonObject) -> Answer:
        return self.client.request("PATCH", f"{self.path}/{name}", patch, MERGE)

    def delete(self, name: str) -> Answer:
        return self.client.request("DELETE", f"{self.path}/{name}")

    def apply(self, body: JsonObject, manager: str = "jasm", *, force: bool = True) -> Answer:
        query = f"?fieldManager={manager}" + ("&force=true" if force else "")
        target = f"{self.path}/{body['metadata']['name']}{query}"
        return self.client.request("PATCH", target, body, APPLY)


@pytest.fixture
def secrets(api: ApiServer, namespace: str) -> Secrets:
    return Secrets(api, namespace)


def version(answer: Answer) -> str:
    return str(answer.body["metadata"]["resourceVersion"])


def assert_refused(answer: Answer, code: int, reason: str, fragment: str) -> None:
    assert answer.body["kind"] == "Status"
    assert (answer.status, answer.body["code"]) == (code, code)
    assert answer.body.get("reason", "") == reason
    assert fragment in answer.body["message"]


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


class TestAccess:
    RULE = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["db"]}  # noqa: RUF012

    @pytest.fixture
    def own(self, api: ApiServer, namespace: str) -> Secrets:
        """The Secrets as the namespace's ServiceAccount `app` sees them."""
        api.create_service_account(namespace, "app")
        return Secrets(api.client(api.create_token(namespace, "app")), namespace)

    @pytest.mark.parametrize(
        ("verb", "method", "name", "named"),
        [
            ("get", "GET", "/db", 'secrets "db"'),
            ("list", "GET", "", "secrets"),
            ("create", "POST", "", "secrets"),
            ("update", "PUT", "/db", 'secrets "db"'),
            ("patch", "PATCH", "/db", 'secrets "db"'),
            ("delete", "DELETE", "/db", 'secrets "db"'),
        ],
    )
    def test_without_a_role_nothing_is_allowed(
        self, own: Secrets, namespace: str, verb: str, method: str, name: str, named: str
    ) -> None:
        answer = own.client.request(method, own.path + name, secret("db"), APPLY)

        message = (
            f'{named} is forbidden: User "system:serviceaccount:{namespace}:app" cannot {verb} '
            f'resource "secrets" in API group "" in the namespace "{namespace}"'
        )
        assert_refused(answer, 403, "Forbidden", message)

    def test_a_role_with_names_lets_apply_create_just_those(
        self, api: ApiServer, own: Secrets, namespace: str
    ) -> None:
        rule = self.RULE | {"verbs": ["get", "create", "patch"]}
        api.allow(namespace, "app", [rule])

        assert own.get("db").status == 404
        assert own.apply(secret("db", resourceVersion="1")).status == 201
        assert_refused(own.apply(secret("other")), 403, "Forbidden", '"other" is forbidden')
        assert_refused(own.create(secret("db")), 403, "Forbidden", "cannot create resource")

    def test_patch_alone_creates_nothing(
        self, api: ApiServer, own: Secrets, namespace: str
    ) -> None:
        api.allow(namespace, "app", [self.RULE | {"verbs": ["patch"]}])

        answer = own.apply(secret("db"))

        assert_refused(answer, 403, "Forbidden", 'secrets "db" is forbidden: ')
        assert 'cannot create resource "secrets"' in answer.body["message"]

    def test_a_token_that_is_none_is_refused(self, api: ApiServer, namespace: str) -> None:
        answer = Secrets(api.client("none"), namespace).get("db")

        assert_refused(answer, 401, "Unauthorized", "Unauthorized")

    def test_a_token_for_another_audience_is_refused(self, api: ApiServer, namespace: str) -> None:
        token = api.create_token(namespace, "default", audience="sts.amazonaws.com")

        answer = Secrets(api.client(token), namespace).get("db")

        assert_refused(answer, 401, "Unauthorized", "Unauthorized")

    def test_without_a_token_one_is_anonymous(self, api: ApiServer, namespace: str) -> None:
        answer = Secrets(api.client(None), namespace).get("db")

        assert_refused(answer, 403, "Forbidden", 'User "system:anonymous" cannot get resource')

    def test_a_token_can_be_bound_to_a_pod_of_that_account(
        self, api: ApiServer, namespace: str
    ) -> None:
        pod = api.create(manifests.pod(namespace, "p"))
        api.allow(namespace, "default", [self.RULE | {"verbs": ["get"]}])

        token = api.create_token(namespace, "default", pod=pod, seconds=600)

        assert Secrets(api.client(token), namespace).get("db").status == 404

    @pytest.mark.parametrize(
        ("account", "changes", "code", "fragment"),
        [
            ("app", {}, 400, 'cannot bind token for serviceaccount "app" to pod running with'),
            ("default", {"uid": "x"}, 409, "the UID in the bound object reference (x) does not"),
            ("default", {"name": "q"}, 404, 'pods "q" not found'),
            ("nobody", {}, 404, 'serviceaccounts "nobody" not found'),
        ],
    )
    def test_a_token_bound_to_anything_else_is_refused(
        self,
        api: ApiServer,
        namespace: str,
        account: str,
        changes: JsonObject,
        code: int,
        fragment: str,
    ) -> None:
        api.create_service_account(namespace, "app")
        pod = api.create(manifests.pod(namespace, "p"))
        pod["metadata"] |= changes
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"

        answer = api.request("POST", path, manifests.token_request(None, pod, 600))

        assert answer.status == code
        assert fragment in answer.body["message"]

    def test_requests_are_counted_by_user_verb_and_resource(
        self, api: ApiServer, own: Secrets, namespace: str
    ) -> None:
        api.allow(namespace, "app", [self.RULE | {"verbs": ["get", "create", "patch"]}])
        before = api.calls(f"system:serviceaccount:{namespace}:app")

        own.get("db")
        own.apply(secret("db"))
        own.get("other")

        after = api.calls(f"system:serviceaccount:{namespace}:app")
        assert not before
        assert after == {("get", "secrets"): 2, ("patch", "secrets"): 1}


class TestUnknown:
    @pytest.mark.parametrize(
        ("method", "path", "code", "reason"),
        [
            ("GET", "/api/v1/namespaces/{}/wombats/x", 404, "NotFound"),
            ("POST", "/api/v1/namespaces/{}/secrets/db", 405, "MethodNotAllowed"),
            ("PUT", "/api/v1/namespaces/{}/secrets", 405, "MethodNotAllowed"),
            ("GET", "/api/v1/namespaces/{}/pods/none", 404, "NotFound"),
        ],
    )
    def test_what_is_not_there_is_told_in_a_status(
        self, api: ApiServer, namespace: str, method: str, path: str, code: int, reason: str
    ) -> None:
        assert_refused(api.request(method, path.format(namespace)), code, reason, "")

    @pytest.mark.parametrize("path", ["/wombat", "/apis/wombat.example/v1/wombats"])
    def test_outside_the_api_there_is_plain_text(self, api: ApiServer, path: str) -> None:
        answer = api.request("GET", path)

        assert (answer.status, answer.body) == (404, "404 page not found\n")

    def test_a_namespace_must_exist(self, api: ApiServer) -> None:
        answer = Secrets(api, "nowhere").apply(secret("db"))

        assert_refused(answer, 404, "NotFound", 'namespaces "nowhere" not found')

    @pytest.mark.parametrize(("method", "name"), [("POST", ""), ("PATCH", "/db")])
    def test_other_media_types_are_refused(self, secrets: Secrets, method: str, name: str) -> None:
        secrets.create(secret("db"))

        answer = secrets.client.request(method, secrets.path + name, secret("db"), "text/plain")

        assert (answer.status, answer.body["reason"]) == (415, "UnsupportedMediaType")

    def test_another_kind_is_refused(self, secrets: Secrets) -> None:
        answer = secrets.create(secret("db") | {"kind": "ConfigMap"})

        said = 'ConfigMap in version "v1" cannot be handled as a Secret'
        assert_refused(answer, 400, "BadRequest", said)

    def test_a_new_object_states_no_version(self, secrets: Secrets) -> None:
        answer = secrets.create(secret("db", resourceVersion="7"))

        assert_refused(answer, 500, "", "resourceVersion should not be set on objects to be")


class TestEvents:
    def event(self, namespace: str, **fields: Any) -> JsonObject:
        involved = {"apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": "p"}
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": "e"},
            "involvedObject": involved,
            **fields,
        }

    def post(self, api: ApiServer, namespace: str, event: JsonObject) -> Answer:
        return api.request("POST", f"/api/v1/namespaces/{namespace}/events", event)

    def test_an_event_is_listed(self, api: ApiServer, namespace: str) -> None:
        assert self.post(api, namespace, self.event(namespace, reason="R")).status == 201

        found = api.request("GET", f"/api/v1/namespaces/{namespace}/events").body["items"]

        assert [(event["reason"], event["involvedObject"]["name"]) for event in found] == [
            ("R", "p")
        ]

    @pytest.mark.parametrize("involved", ["elsewhere", None])
    def test_it_belongs_to_the_namespace_of_its_object(
        self, api: ApiServer, namespace: str, involved: str | None
    ) -> None:
        event = self.event(namespace)
        event["involvedObject"]["namespace"] = involved

        answer = self.post(api, namespace, event)

        said = f'involvedObject.namespace: Invalid value: "{involved or ""}": does not match'
        assert_refused(answer, 422, "Invalid", said)

    def test_a_long_message_is_taken_without_event_time(
        self, api: ApiServer, namespace: str
    ) -> None:
        assert self.post(api, namespace, self.event(namespace, message="x" * 1500)).status == 201

    @pytest.mark.parametrize(("message", "code"), [("x" * 1024, 201), ("é" * 513, 422)])
    def test_with_event_time_a_message_has_1024_bytes(
        self, api: ApiServer, namespace: str, message: str, code: int
    ) -> None:
        event = self.event(
            namespace,
            message=message,
            eventTime="2026-01-01T00:00:00.000000Z",
            reportingComponent="jasm-init",
            reportingInstance="p",
            action="Sync",
            reason="R",
        )

        assert self.post(api, namespace, event).status == code

    def test_with_event_time_more_is_required(self, api: ApiServer, namespace: str) -> None:
        event = self.event(namespace, eventTime="2026-01-01T00:00:00.000000Z")

        answer = self.post(api, namespace, event)

        for field in ("reportingComponent", "reportingInstance", "action", "reason"):
            assert f"{field}: Required value" in answer.body["message"]


class TestPods:
    @pytest.fixture(autouse=True)
    def _here(self, api: ApiServer, namespace: str) -> Iterator[None]:
        self.path = f"/api/v1/namespaces/{namespace}/pods"
        return iter([None])

    def test_a_pod_runs_as_the_default_account(self, api: ApiServer, namespace: str) -> None:
        stored = api.create(manifests.pod(namespace, "p"))

        assert stored["spec"]["serviceAccountName"] == "default"
        assert stored["status"]["phase"] == "Pending"
        assert stored["metadata"]["uid"]

    def test_a_generated_name_starts_as_wished(self, api: ApiServer, namespace: str) -> None:
        pod = manifests.pod(namespace, "")
        pod["metadata"] |= {"generateName": "web-"}

        names = {api.create(pod)["metadata"]["name"] for _ in range(2)}

        assert len(names) == 2
        assert all(name.startswith("web-") and len(name) == 9 for name in names)

    def test_its_account_must_exist(self, api: ApiServer, namespace: str) -> None:
        pod = manifests.pod(namespace, "p")
        pod["spec"]["serviceAccountName"] = "nobody"

        answer = api.request("POST", self.path, pod)

        said = (
            f'pods "p" is forbidden: error looking up service account {namespace}/nobody: '
            'serviceaccount "nobody" not found'
        )
        assert_refused(answer, 403, "Forbidden", said)

    @pytest.mark.parametrize(
        ("spec", "error"),
        [
            ({"containers": []}, "spec.containers: Required value"),
            ({"containers": [{"name": "a"}]}, "spec.containers[0].image: Required value"),
            (
                {"initContainers": [{"name": "app", "image": "x"}]},
                'spec.initContainers[0].name: Duplicate value: "app"',
            ),
            (
                {
                    "initContainers": [
                        {
                            "name": "i",
                            "image": "x",
                            "volumeMounts": [{"name": "v", "mountPath": "/v"}],
                        }
                    ]
                },
                'spec.initContainers[0].volumeMounts[0].name: Not found: "v"',
            ),
            (
                {
                    "volumes": [
                        {
                            "name": "t",
                            "projected": {
                                "sources": [
                                    {"serviceAccountToken": {"path": "t", "expirationSeconds": 10}}
                                ]
                            },
                        }
                    ]
                },
                "expirationSeconds: Invalid value: 10: may not specify a duration less than",
            ),
        ],
    )
    def test_a_broken_pod_is_refused(
        self, api: ApiServer, namespace: str, spec: JsonObject, error: str
    ) -> None:
        pod = manifests.pod(namespace, "p")
        pod["spec"] |= spec

        assert_refused(api.request("POST", self.path, pod), 422, "Invalid", error)
