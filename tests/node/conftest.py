"""One real node for all tests of this folder, with the injector on it; `make test-node`."""

import json
import os
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from initsync.testing.aws import AwsServer
from tests.node import files, plan
from tests.node.install import install
from tests.node.node import Node
from tests.node.team import Team

FIGURES: list[str] = []
"""What tests measured, for the run's last lines."""
SHOWN = 3
"""Pods of a team that failed a test; the others are listed only."""


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    if not (text := os.environ.get(plan.VARIABLE)):
        pytest.skip("no node: run `make test-node`")
    start = time.monotonic()
    with Node(*plan.from_json(json.loads(text))) as started:
        print(f"node started in {time.monotonic() - start:.1f} s")
        yield started


@pytest.fixture(scope="session")
def aws(node: Node) -> Iterator[AwsServer]:
    """Where pods reach it."""
    with AwsServer(address=files.GATEWAY) as server:
        yield server


@pytest.fixture(scope="session")
def injected(node: Node, aws: AwsServer) -> Node:
    """With the injector."""
    install(node.api, aws)
    return node


@pytest.fixture
def team(injected: Node, aws: AwsServer) -> Team:
    """With a secret."""
    created = Team(injected.api, aws)
    created.put_secret()
    return created


@pytest.fixture
def early(injected: Node, aws: AwsServer) -> Team:
    """A team whose secret is not in AWS yet."""
    return Team(injected.api, aws)


@pytest.fixture
def outage(aws: AwsServer, team: Team) -> Iterator[Callable[..., None]]:
    """Begins one for the team's secret, with the number of calls that AWS answers with 503; it
    ends with the test. Sidecars of tests before ask for theirs all the while.
    """

    def begin(times: int = 10_000) -> None:
        refused = ("GetSecretValue", "ServiceUnavailable", "try later")
        aws.refuse(*refused, status=503, times=times, naming=team.path)

    yield begin
    begin(0)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Of a failed test, show what on-call would look at."""
    report = yield
    funcargs: dict[str, Any] = getattr(item, "funcargs", {})
    nodes = [value for value in funcargs.values() if isinstance(value, Node)]
    teams = [value for value in funcargs.values() if isinstance(value, Team)]
    if report.when == "call" and report.failed and nodes:
        report.sections += [("the pods", on_call(nodes[0], team)) for team in teams]
    return report


def on_call(node: Node, team: Team) -> str:
    """`kubectl describe` of the team's pods, their Events, and what jasm-init logged."""
    within = ("--namespace", team.namespace)
    listed = node.kubectl("get", "pods", *within)
    names = node.kubectl("get", "pods", *within, "--output", "name").split()[:SHOWN]
    described = [node.kubectl("describe", name, *within) for name in names]
    logs = [node.kubectl("logs", name, *within, "--container", "jasm-init") for name in names]
    return "\n".join([listed, *described, *logs])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured."""
    for line in FIGURES:
        terminalreporter.write_line(line)
