"""The Event on the pod."""

from initsync.sync.event import MESSAGE_LIMIT, EventSource, event
from initsync.words.model import PodRef

POD = PodRef("shop", "web-1", "0b2a")
NOW = 1_761_300_000.5


def test_the_event_is_what_kubectl_describe_pod_shows() -> None:
    reporter = EventSource("jasm-init", "node-1", "spec.initContainers{jasm-init}")

    made = event(POD, "SecretSynced", "done", warning=False, now=NOW, reporter=reporter)

    assert made == {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "web-1.18716504c8b2a500", "namespace": "shop"},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "namespace": "shop",
            "name": "web-1",
            "uid": "0b2a",
            "fieldPath": "spec.initContainers{jasm-init}",
        },
        "type": "Normal",
        "reason": "SecretSynced",
        "message": "done",
        "firstTimestamp": "2025-10-24T10:00:00Z",
        "lastTimestamp": "2025-10-24T10:00:00Z",
        "count": 1,
        "source": {"component": "jasm-init", "host": "node-1"},
        "reportingComponent": "jasm-init",
        "reportingInstance": "web-1",
    }


def test_an_event_may_stand_for_many() -> None:
    reporter = EventSource("jasm-init")

    made = event(POD, "R", "m", warning=True, now=NOW, reporter=reporter, first=NOW - 60, count=7)

    assert (made["count"], made["firstTimestamp"]) == (7, "2025-10-24T09:59:00Z")
    assert made["lastTimestamp"] == "2025-10-24T10:00:00Z"


def test_a_long_pod_name_leaves_room_for_the_events_suffix() -> None:
    pod = PodRef("shop", "x" * 253, "0b2a")

    made = event(pod, "R", "m", warning=True, now=NOW, reporter=EventSource("initsync"))

    assert len(made["metadata"]["name"]) == 253
    assert made["type"] == "Warning"


def test_an_event_carries_what_a_stranger_wrote_as_one_line_that_no_terminal_obeys() -> None:
    said = "AWS refused (\x1b]0;mine\x07\u202eevil\n{})".format("x" * 200_000)

    made = event(POD, "R", said, warning=True, now=NOW, reporter=EventSource("initsync"))

    assert made["message"].startswith(r"AWS refused (\x1b]0;mine\x07\u202eevil x")
    assert made["message"].isprintable()
    assert len(made["message"].encode()) <= MESSAGE_LIMIT
