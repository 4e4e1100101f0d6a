"""Who may do what, and what is unknown, asked of the embedded API server and of the real one."""

import pytest

from initsync.testing import manifests
from initsync.testing.client import APPLY
from initsync.testing.server import ApiServer
from initsync.words.model import JsonObject
from tests.cluster.contract import Secrets, assert_refused, of_both, secret

pytestmark = of_both


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
        why = answer.body["message"].partition(": ")[2]
        assert not why or 'cannot create resource "secrets"' in why  # 1.30 gives no reason

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
