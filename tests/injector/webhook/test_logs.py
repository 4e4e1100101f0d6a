"""Log lines: whatever strangers choose, they are short, printable, and not many."""

import io
import json
from typing import Any

import pytest

from initsync.injection.settings import InjectionSettings
from injector.webhook import head
from injector.webhook.app import App
from injector.webhook.logs import LEVELS, Log
from injector.webhook.metrics import Metrics

OWNED = {"ownerReferences": [{"kind": "ReplicaSet", "name": "web-5d"}]}
HUGE = "x" * 2_900_000


class Logged:
    """A log, and what it says; the clock is ours."""

    def __init__(self) -> None:
        self.stream, self.now = io.StringIO(), 1000.0
        self.log = Log(self.stream, lambda: self.now)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def logged() -> Logged:
    return Logged()


def test_a_line_is_one_json_object_with_its_fields(logged: Logged) -> None:
    logged.log.line("info", "said", name="web", number=1.5, good=True)

    entry = {"time": "1970-01-01T00:16:40Z", "level": "info", "message": "said"}
    assert logged.lines() == [{**entry, "name": "web", "number": 1.5, "good": True}]


def test_lines_of_one_kind_are_few_a_second_and_the_others_are_counted(logged: Logged) -> None:
    for _ in range(1000):
        logged.log.line("info", "injected")
    logged.log.line("warning", "injected")
    logged.log.line("info", "denied")
    assert len(logged.lines()) == 52

    logged.now += 1
    logged.log.tell_left_out()
    logged.log.tell_left_out()
    logged.log.line("info", "injected")

    last = [
        {name: line.get(name) for name in ("level", "message", "left_out")}
        for line in logged.lines()[-2:]
    ]
    assert last == [
        {"level": "info", "message": "injected", "left_out": 950},
        {"level": "info", "message": "injected", "left_out": None},
    ]


@pytest.mark.threat("A tenant is malicious")
@pytest.mark.parametrize(
    "metadata",
    [
        {"generateName": HUGE},
        {"name": HUGE},
        {"ownerReferences": [{"kind": HUGE, "name": HUGE}]},
        {"ownerReferences": [{"kind": {"a": HUGE}, "name": [HUGE]}]},
        {"ownerReferences": [HUGE]},
    ],
    ids=["generateName", "name", "owner", "owner of another type", "no owner"],
)
def test_40_pods_with_names_of_megabytes_write_some_kilobytes(
    logged: Logged, metadata: dict[str, Any]
) -> None:
    app = App(
        InjectionSettings("i"), lambda: "", logged.log, Metrics(lambda: (0.0, 0.0), lambda: 0)
    )
    pod = {"kind": "Pod", "metadata": metadata, "spec": {}}
    request = {"uid": HUGE, "namespace": HUGE, "object": pod}
    whole = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    body = json.dumps(whole)[:-1].encode() + b"}"
    asked = head.Head(b"POST", "/mutate", "application/json", len(body), True)

    for _ in range(40):
        assert app.answer(asked, body).status == 200
        logged.now += 0.5

    assert len(logged.lines()) == 40
    assert len(logged.stream.getvalue()) < 40 * 600


def test_what_a_terminal_would_obey_is_escaped(logged: Logged) -> None:
    logged.log.line("info", "injected", owner="Pod/\x1b[2J\u202e\u2028\x85web")

    (line,) = logged.lines()
    assert line["owner"] == "Pod/\\x1b[2J\\u202e  web"


def forms(form: str = "json", least: str = "info") -> list[str]:
    """A line of each level, written so."""
    stream = io.StringIO()
    log = Log(stream, form=form, least=least)
    for level in LEVELS:
        log.line(level, f"a {level}", status=413, reason='too "large"\nfor us', owner="shop/web")
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("least", LEVELS)
def test_what_is_less_than_wanted_is_left_out(least: str) -> None:
    found = [json.loads(line)["level"] for line in forms(least=least)]

    assert found == list(LEVELS[LEVELS.index(least) :])


def test_as_text_each_is_one_line_whatever_is_in_its_fields() -> None:
    first, *others = forms("text")

    when, _, said = first.partition(" ")
    assert when.endswith("Z")
    assert said == r'info a info status=413 reason="too \"large\" for us" owner=shop/web'
    assert len(others) == 2
