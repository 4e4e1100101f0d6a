"""What `make test-node` says where no node can run, and what it cleans up; no node is needed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.node import machine, sandbox, timeline
from tests.node.plan import Plan, from_json

ROOT = Path(__file__).parents[2]
EMPTY = {"PATH": "/none"}


@pytest.mark.parametrize(
    ("env", "platform", "user", "says"),
    [
        ({"NODE": "skip"}, "linux", 0, "NODE=skip"),
        ({}, "darwin", 0, "a kubelet needs Linux, and this is darwin"),
        ({}, "linux", 1000, "a kubelet needs root"),
        (EMPTY, "linux", 0, "there is no command unshare"),
    ],
)
def test_a_machine_that_cannot_run_a_node_says_why(
    env: dict[str, str], platform: str, user: int, says: str
) -> None:
    assert machine.obstacle(env, platform, user) == says


def test_skipping_is_no_failure_and_names_its_reason() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.node"],
        env={"NODE": "skip", "PATH": "/usr/bin:/bin"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "the tests on a real node are skipped: NODE=skip\n"


def test_packages_that_are_missing_are_named_where_apt_get_is_not(tmp_path: Path) -> None:
    for command in ("unshare", "ip", "mount"):
        (tmp_path / command).touch(0o755)

    said = machine.obstacle({"PATH": str(tmp_path)}, "linux", 0)

    assert said.startswith("install buildah, debootstrap, iptables")
    assert said.endswith("first: there is no apt-get to do it")


def test_the_mirror_is_the_machines_own(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    listed = tmp_path / "sources.list.d/debian.sources"
    listed.write_text("Types: deb\nURIs: http://mirror.invalid/debian\nSuites: bookworm\n")

    assert machine.debian_mirror(tmp_path) == "http://mirror.invalid/debian"


def test_without_a_mirror_it_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="no Debian mirror is named in"):
        machine.debian_mirror(tmp_path)


def test_a_cgroup_is_removed_from_each_controller_and_nothing_else(tmp_path: Path) -> None:
    for name in ("cpu/ours/pods/one", "memory/ours", "memory/other"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "cpuacct").symlink_to("cpu")

    sandbox.remove_cgroups("ours", tmp_path)

    assert sorted(str(it.relative_to(tmp_path)) for it in tmp_path.rglob("*")) == [
        "cpu",
        "cpuacct",
        "memory",
        "memory/other",
    ]


def test_a_cgroup_that_cannot_be_removed_is_told(tmp_path: Path) -> None:
    (tmp_path / "cpu/ours").mkdir(parents=True)
    (tmp_path / "cpu/ours/busy").touch()

    with pytest.raises(OSError, match="not empty"):
        sandbox.remove_cgroups("ours", tmp_path, deadline=0)


def test_the_plan_is_handed_over_whole(tmp_path: Path) -> None:
    from initsync.testing.controlplane import Binaries

    binaries = Binaries(tmp_path / "etcd", tmp_path / "kube-apiserver")
    plan = Plan(binaries, {"ctr": tmp_path / "ctr"}, [tmp_path / "a.tar"], tmp_path, "c")

    assert from_json(plan.as_json()) == plan


def test_containerds_moments_are_read_to_the_nanosecond(tmp_path: Path) -> None:
    log = tmp_path / "events.log"
    lines = [
        '2026-01-02 03:04:05.25 +0000 UTC k8s.io /tasks/start {"container_id":"a","pid":7}',
        '2026-01-02 03:04:05.3 +0000 UTC k8s.io /tasks/start {"container_id":"b","pid":8}',
        '2026-01-02 03:04:06.75 +0000 UTC k8s.io /tasks/exit {"container_id":"a","id":"a"}',
    ]
    log.write_text("\n".join(lines) + "\n")

    assert timeline.seconds(log.read_text(), "a") == [1.5]
    assert timeline.seconds(log.read_text(), "b") == []
