"""What every tier shares: the time each tier took, and the scan of all output.

For secret values, and for what a terminal obeys.
"""

import gc
import os
import signal
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath

import hypothesis
import pytest
import yaml

from initsync.cli.progress import Progress
from initsync.testing.controlplane.progress import Failed
from initsync.testing.controlplane.toolchain import MissingToolchain
from tests import outputs
from tests.chart.helm import Helm, build_4, find_or_build
from tests.full import times

# An example that takes long is the machine's mood; what must be fast is measured where it counts.
# In CI the examples are the same each time: a change is judged by what it changed.
hypothesis.settings.register_profile(
    "suite",
    max_examples=times("EXAMPLES", full=100, usual=50),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
    print_blob=True,
)
hypothesis.settings.load_profile("suite")

PLANTED = "pl4nted"
"""Every secret value of the suite contains it; no output may."""

# A shell starts what runs in the background with SIGINT ignored, and what is ignored is inherited:
# tests of Ctrl-C would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)

# PyYAML in Python took a tenth of the suite; libyaml reads the same.
if yaml.__with_libyaml__:
    vars(yaml).update(SafeLoader=yaml.CSafeLoader)

outputs.watch()

# What is collected stays: a look through its million objects takes as long as some tests.
gc.disable()

_leaks: list[str] = []
_times: dict[str, list[float]] = defaultdict(list)


def pytest_collection_finish() -> None:
    """From here on garbage is looked for among what the tests themselves make."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm 3, without a cluster. HELM=skip leaves its tests out."""
    return _helm(find_or_build, tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="session")
def helm_4(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm 4, likewise."""
    return _helm(build_4, tmp_path_factory.mktemp("helm"))


def _helm(find: Callable[[Mapping[str, str], Progress], Path], home: Path) -> Helm:
    if os.environ.get("HELM") == "skip":
        pytest.skip("HELM=skip: no chart is rendered")
    try:
        # Straight to the terminal: minutes of building must not look like a hanging test.
        return Helm(find(os.environ, Progress(sys.__stderr__ or sys.stderr)), home)
    except (MissingToolchain, Failed) as error:  # `make` has ended before
        pytest.skip(f"no Helm: {error}")


def _tier(nodeid: str) -> str:
    parts = PurePath(nodeid.partition("::")[0]).parts
    return parts[1] if len(parts) > 2 else "whole"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the time, and look through what the test and its processes printed."""
    _times[_tier(report.nodeid)].append(report.duration)
    for name, text in report.sections:
        if PLANTED in text:
            _leaks.append(f"a secret value was printed by {report.nodeid}: {name}")
        if found := outputs.obeyed(text):
            _leaks.append(f"{found} was printed by {report.nodeid}: {name}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print both."""
    for tier, durations in sorted(_times.items()):
        terminalreporter.write_line(f"tier {tier}: {sum(durations):.1f} s of tests")
    for leak in _leaks:
        terminalreporter.write_line(leak, red=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A leak fails the run, whatever the tests say."""
    if _leaks and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
