"""The scenes of `initsync demo`, each of which checks what it shows."""

import signal
import sys
import tempfile
import uuid
from contextlib import ExitStack
from pathlib import Path

import yaml

from initsync.demo import kept
from initsync.demo.screen import Screen
from initsync.demo.stage import (
    ACCOUNT,
    ANNOTATION,
    BOTH,
    MAIL,
    MAIL_PATH,
    NAMESPACE,
    PATH,
    Stage,
    stage,
)
from initsync.testing.controlplane.progress import Progress
from initsync.testing.controlplane.toolchain import MissingToolchain
from initsync.testing.process import StartFailed
from initsync.words.model import JsonObject

_OWN_CLUSTER = """
The same on your own cluster (images and certificate: README.md, "Install"):
  kubectl apply -f deploy/manifests
  kubectl apply -f deploy/manifests/app -f deploy/examples/serviceaccount.yaml -f deploy/examples/1-injected.yaml
"""  # noqa: E501  # two commands to copy are two lines


class Unexpected(Exception):
    """A scene did not end as it should: the demo is also a test."""


def tell(kind: str, progress: Progress, *, keep: bool = False) -> int:
    """Tell it on standard output; the exit code. `keep`: all goes on running until Ctrl-C."""
    screen = Screen(sys.stdout)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # unwind, as Ctrl-C
    try:
        _tell(kind, progress, screen, keep=keep)
    except (Unexpected, StartFailed, MissingToolchain) as error:
        screen.line(f"\nThe demo stopped: {error}")
        return 1
    except KeyboardInterrupt:
        screen.line("\nInterrupted; everything that the demo started has been ended.")
        return 130
    screen.line("\nEverything that the demo started has been ended." if keep else _OWN_CLUSTER)
    return 0


def _tell(kind: str, progress: Progress, screen: Screen, *, keep: bool) -> None:
    cluster = "an embedded Kubernetes API" if kind == "embedded" else "etcd and kube-apiserver"
    screen.line("JASM on this machine: no root, no cloud account; nothing is left behind.")
    with ExitStack() as running:
        # all files below one folder: a signal amid the making of another cannot leave that behind
        tempfile.tempdir = running.enter_context(tempfile.TemporaryDirectory(prefix="jasm-demo-"))
        with screen.step(f"Start {cluster}, moto as AWS, a small Vault, and the real injector"):
            ready = running.enter_context(stage(kind, progress))
            screen.line(f"   Kubernetes API {ready.api.url}")
            screen.line(f"   AWS {ready.aws.url}, with the secret {PATH}")
            screen.line(f"   injector {ready.webhook.url}")
            screen.line(f"   Vault {ready.vault.url}, with the secret {MAIL_PATH}")
        for scene in _SCENES:
            scene(ready, screen)
        if keep:
            kept.until_interrupted(ready, screen, Path(tempfile.tempdir))


def _first_pod(ready: Stage, screen: Screen) -> None:
    with screen.step("Create an annotated pod; the injector adds the init container"):
        pod = ready.create_pod("web-1", ANNOTATION)
        _expect("initContainers" in pod["spec"], "the pod was not injected")
        before = {"serviceAccountName": ACCOUNT, "containers": ["app"]}
        screen.shown("before", {"annotation": ANNOTATION.splitlines(), "spec": before})
        screen.shown("added", _added(pod))
    with screen.step("Run jasm-init as that pod: its token, its files, its web identity"):
        _run(ready, screen, pod, 0)
        secret = ready.secret()
        screen.shown("the Secret", _without_values(secret))
        _expect(len(secret["data"]) == 3, "the Secret has not its three keys")


def _second_pod(ready: Stage, screen: Screen) -> None:
    with screen.step("A second pod finds the Secret up to date and writes nothing"):
        before = ready.secret()["metadata"]["resourceVersion"]
        _run(ready, screen, ready.create_pod("web-2", ANNOTATION), 0)
        after = ready.secret()["metadata"]["resourceVersion"]
        _expect(before == after, "the Secret was written again")
        screen.line(f"   resourceVersion before {before}, after {after}")


def _rotation(ready: Stage, screen: Screen) -> None:
    with screen.step("The secret is rotated in AWS; the next pod brings the new value"):
        before = ready.secret()["data"]["DB_PASSWORD"]
        rotated = {"DB_HOST": "db", "DB_PORT": 5432, "DB_PASSWORD": uuid.uuid4().hex}
        ready.aws.rotate(PATH, rotated)
        _run(ready, screen, ready.create_pod("web-3", ANNOTATION), 0)
        _expect(ready.secret()["data"]["DB_PASSWORD"] != before, "the Secret has the old value")
        screen.line("   (one second of it lets the kubelet see the change before the app starts)")


def _two_clouds(ready: Stage, screen: Screen) -> None:
    with screen.step("A pod with two Secrets, of AWS and of Vault, by its own tokens"):
        pod = ready.create_pod("both-1", BOTH)
        screen.shown("the annotation", {"secrets": yaml.safe_load(BOTH)["secrets"]})
        _run(ready, screen, pod, 0)
        mail = ready.secret(MAIL)
        screen.shown("the Secret of Vault", _without_values(mail))
        _expect("SMTP_URL" in mail["data"], "the Secret lacks what was put together")


def _wrong_field(ready: Stage, screen: Screen) -> None:
    with screen.step("Failure 1: a field is misspelt"):
        wrong = ANNOTATION.replace("secretName", "secretname")
        _run(ready, screen, ready.create_pod("web-4", wrong), 3)


def _not_there(ready: Stage, screen: Screen) -> None:
    with screen.step("Failure 2: AWS has no secret at that path; the Secret stays as it is"):
        before = ready.secret()["metadata"]["resourceVersion"]
        wrong = ANNOTATION.replace(PATH, "/prod/nothing/here")
        _run(ready, screen, ready.create_pod("web-5", wrong), 4)
        after = ready.secret()["metadata"]["resourceVersion"]
        _expect(before == after, "the Secret was touched")


def _no_role(ready: Stage, screen: Screen) -> None:
    with screen.step("Failure 3: the ServiceAccount lacks the Role, even for Events"):
        ready.api.create_service_account(NAMESPACE, "newcomer")
        pod = ready.create_pod("web-6", ANNOTATION, "newcomer")
        _run(ready, screen, pod, 5, event=False)
        screen.line("   (kubectl describe pod shows the last line as the container's message)")


_SCENES = (
    *(_first_pod, _second_pod, _rotation, _two_clouds),
    *(_wrong_field, _not_there, _no_role),
)


def _run(
    ready: Stage, screen: Screen, pod: JsonObject, exit_code: int, *, event: bool = True
) -> None:
    ended = ready.run_init(pod)
    megabytes = ended.peak_rss / 1_000_000
    screen.line(
        f"   $ jasm-init   (exit {ended.exit_code}, {ended.seconds:.2f} s, "
        f"{ended.cpu_seconds * 1000:.0f} ms CPU, {megabytes:.0f} MB)"
    )
    screen.said(ended.stderr)
    _expect(ended.exit_code == exit_code, f"exit code {ended.exit_code}, not {exit_code}")
    if event:
        screen.event(ready.last_event(pod))


def _added(pod: JsonObject) -> JsonObject:
    container = pod["spec"]["initContainers"][0]
    shown = {key: container[key] for key in ("name", "image", "command")}
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    return {"initContainers": [shown | {"mounts": mounts}]}


def _without_values(secret: JsonObject) -> JsonObject:
    metadata = secret["metadata"]
    return {
        "name": metadata["name"],
        "labels": metadata["labels"],
        "annotations": metadata["annotations"],
        "data": dict.fromkeys(secret["data"], "(hidden)"),
    }


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Unexpected(otherwise)
