"""Events, asked of the embedded API server and of the real one."""

from typing import Any

import pytest

from initsync.testing.client import Answer
from initsync.testing.server import ApiServer
from initsync.words.model import JsonObject
from tests.cluster.contract import assert_refused, of_both

pytestmark = of_both


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
