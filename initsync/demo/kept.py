"""What the demo left running, for whoever wants to try more: how to reach it, until Ctrl-C."""

import json
import os
import shlex
import threading
from contextlib import suppress
from pathlib import Path

from initsync.demo.screen import Screen
from initsync.demo.stage import SECRET, Stage

_TRY = f"""\
  kubectl get secrets,pods,events
  initsync list --namespace shop
  initsync doctor --pod web-1
  initsync --pod web-1
  kubectl delete secret {SECRET}; initsync --pod web-1
"""


def until_interrupted(ready: Stage, screen: Screen, directory: Path) -> None:
    """Say how to reach what runs, and wait. Returns at Ctrl-C."""
    kubeconfig = directory / "kubeconfig"
    with open(os.open(kubeconfig, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        json.dump(ready.kubeconfig(), file)
    screen.line("\nIt all goes on running. In another terminal:\n")
    for name, value in _environment(ready, kubeconfig).items():
        screen.line(f"  export {name}={shlex.quote(value)}")
    screen.line(_TRY)
    screen.line("Ctrl-C ends it.")
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def _environment(ready: Stage, kubeconfig: Path) -> dict[str, str]:
    """The environment of a person who may read the secrets in AWS: moto takes any keys."""
    return {
        "KUBECONFIG": str(kubeconfig),
        "AWS_ENDPOINT_URL": ready.aws.url,
        "AWS_REGION": ready.aws.region,
        "AWS_ACCESS_KEY_ID": "demo",
        "AWS_SECRET_ACCESS_KEY": "demo",
    }
