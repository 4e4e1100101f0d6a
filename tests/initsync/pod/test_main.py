"""`jasm-init` as a process around which something is wrong: one sentence and its exit code."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from initsync.pod import main, wait

POD = {"namespace": "shop", "name": "web-1", "uid": "0b2a"}
ANNOTATION = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\n"


@pytest.fixture
def podinfo(tmp_path: Path) -> Path:
    for name, text in (POD | {"secret-sync": ANNOTATION}).items():
        (tmp_path / name).write_text(text)
    return tmp_path


def run(env: dict[str, str]) -> tuple[int, str]:
    stderr = io.StringIO()
    return main.run(env, stderr), stderr.getvalue()


def test_without_an_annotation_there_is_nothing_to_wait_for(podinfo: Path, tmp_path: Path) -> None:
    (podinfo / "secret-sync").write_text("")
    handover = tmp_path / "handover"
    handover.mkdir()

    run(serviceaccount(podinfo) | {"JASM_HANDOVER_DIR": str(handover)})

    assert json.loads((handover / wait.HANDOVER).read_text()) == {}


def test_without_its_volume_it_says_what_to_mount() -> None:
    code, said = run({"JASM_PODINFO_DIR": "/none"})

    assert code == 2
    assert said.startswith(
        "error: cannot read /none/secret-sync (No such file or directory): mount"
    )


def test_outside_a_cluster_it_names_the_other_way_in(podinfo: Path) -> None:
    code, said = run({"JASM_PODINFO_DIR": str(podinfo)})

    assert code == 2
    assert "KUBERNETES_SERVICE_HOST is not set" in said
    assert "initsync --pod NAME" in said


def test_an_event_that_cannot_be_posted_leaves_the_sentence_last(podinfo: Path) -> None:
    (podinfo / "secret-sync").write_text("provider: vault")

    code, said = run(
        {
            "JASM_PODINFO_DIR": str(podinfo),
            "JASM_SERVICEACCOUNT_DIR": "/none",
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        }
    )

    assert code == 3
    assert said.splitlines()[0].startswith("warning: no Event on the pod: cannot read /none/token")
    assert said.splitlines()[-1].startswith("error: annotation jasm.codnod.io/secret-sync")


@pytest.mark.parametrize("place", ["sync", "sync_pod"])
def test_a_bug_is_told_by_its_place_and_never_by_its_text(
    podinfo: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("pl4nted-value")

    monkeypatch.setattr(f"initsync.sync.run.{place}", broken)

    code, said = run(serviceaccount(podinfo))

    assert code == 1
    assert "internal error (RuntimeError in" in said
    assert "pl4nted" not in said


def test_the_process_leaves_no_core_dump_and_ends_on_sigterm() -> None:
    code = (
        "import os, resource, signal; from initsync.pod import main;"
        "limits = lambda: print(resource.getrlimit(resource.RLIMIT_CORE), flush=True);"
        "end = lambda: os.kill(os.getpid(), signal.SIGTERM) or signal.pause();"
        "main.run = lambda *_: limits() or end();"
        "main.main()"
    )

    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, env=os.environ
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (
        143,
        "(1, 1)\n",
        "stopped by SIGTERM before the sync ended\n",
    )


def serviceaccount(directory: Path) -> dict[str, str]:
    """A cluster at a port where nobody answers."""
    (directory / "token").write_text("t")
    return {
        "JASM_PODINFO_DIR": str(directory),
        "JASM_SERVICEACCOUNT_DIR": str(directory),
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": "1",
    }


def test_sigterm_ends_a_pause_between_two_tries_at_once(podinfo: Path) -> None:
    command = [sys.executable, "-c", "from initsync.pod import main; main.main()"]
    env = {**os.environ, **serviceaccount(podinfo)}

    with subprocess.Popen(command, stderr=subprocess.PIPE, env=env, text=True) as process:
        assert process.stderr
        pauses = (float(line.split()[-2]) for line in process.stderr if "trying again in" in line)
        next(pause for pause in pauses if pause >= 0.2)
        process.terminate()
        said = process.stderr.read()  # no further try, which would be told

    assert (process.returncode, said) == (143, "stopped by SIGTERM before the sync ended\n")


def test_a_pod_that_starts_anyway_says_why_and_exits_well(podinfo: Path) -> None:
    (podinfo / "secret-sync").write_text("provider: vault")
    (podinfo / "on-failure").write_text("continue")

    code, said = run(serviceaccount(podinfo))

    assert code == 0
    last = said.splitlines()[-1]
    assert last.startswith("warning: annotation jasm.codnod.io/secret-sync: field 'path' is")
    assert last.endswith("the pod starts anyway (jasm.codnod.io/on-failure: continue)")


def test_a_policy_that_is_not_known_is_told(podinfo: Path) -> None:
    (podinfo / "on-failure").write_text("ignore")

    code, said = run(serviceaccount(podinfo))

    assert code == 3
    assert "annotation jasm.codnod.io/on-failure: is 'ignore', but must be" in said


@pytest.mark.parametrize("port", ["abc", "70000", "4 4"])
def test_a_cluster_at_no_usable_address_is_told(podinfo: Path, port: str) -> None:
    code, said = run(serviceaccount(podinfo) | {"KUBERNETES_SERVICE_PORT": port})

    assert code == 2
    assert "is no URL of a host" in said


@pytest.mark.parametrize(
    ("annotation", "env"),
    [
        ({"max-age": "5 min"}, {}),
        ({}, {"JASM_TIMEOUT": "60s"}),
        ({}, {"KUBERNETES_SERVICE_HOST": ""}),
        ({}, {"JASM_PODINFO_NAME": ""}),
    ],
)
def test_start_anyway_means_whatever_happens(
    podinfo: Path, annotation: dict[str, str], env: dict[str, str]
) -> None:
    if "JASM_PODINFO_NAME" in env:
        (podinfo / "uid").unlink()
    for name, text in (annotation | {"on-failure": "continue"}).items():
        (podinfo / name).write_text(text)

    code, said = run(serviceaccount(podinfo) | {"JASM_TIMEOUT": "1"} | env)

    assert code == 0
    assert "the pod starts anyway" in said.splitlines()[-1]


def test_a_hard_limit_on_core_dumps_is_no_reason_to_fail() -> None:
    code = (
        "import resource; from initsync.pod import main; main.run = lambda *_: 0;"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0));"
        "raising = resource.setrlimit;"
        "resource.setrlimit = lambda which, to: raising(which, to) if to == (0, 0) else 1 / 0;"
        "main.main()"
    )

    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_one_sync_does_not_pay_for_the_sidecar() -> None:
    code = "import sys, initsync.pod.job; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()

    assert "initsync.pod.once" in loaded
    assert [it for it in loaded if it.startswith("initsync.pod.sidecar")] == []
