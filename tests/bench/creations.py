"""Creating pods through a real API server: with no injection, by either webhook, by the policy.

`python -m tests.bench.creations [--seconds S] [--connections N...] [--output json]`, Linux only.
Each way has a namespace of its own, in which all pods ask for a secret; they are loaded in pieces,
one after the other in turn, so that the machine's moods hit all. Exit code 1: a creation failed, or
the injector's p99 was more than a millisecond above Go's.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import yaml

from initsync import keys
from initsync.model import JsonObject
from initsync.testing.controlplane import ControlPlane, MissingToolchain, find_or_build
from initsync.testing.controlplane.progress import Progress
from initsync.testing.webhook import IMAGE
from injector.settings import Settings
from tests.bench import creation_report, gobuild, load_report
from tests.bench.creation_report import NONE, POLICY, Row
from tests.bench.generator import Load, Server
from tests.bench.load_report import Piece
from tests.bench.webhooks import go_webhook, injector
from tests.chart.helm import Helm
from tests.chart.helm import find_or_build as find_or_build_helm
from tests.cluster import injector_side, policy_side
from tests.polling import until

CONNECTIONS = (1, 4, 32)
PIECES = 5
KINDS = 50
SECONDS = 5.0
GOLDEN = Path(__file__).parent.parent / "injector/golden/aws-webhook-ran-before-irsa.pod.yaml"


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="in each way, each time")
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS)
    parser.add_argument("--output", choices=["text", "json"], default="text")
    chosen = parser.parse_args()
    if sys.platform != "linux":
        print("the load benchmark reads /proc: left out on this system", file=sys.stderr)
        return 0
    try:
        rows = measure(chosen.connections, chosen.seconds)
    except MissingToolchain as error:
        sys.exit(f"the load generator is written in Go: {error}")
    missed = creation_report.missed(rows)
    if chosen.output == "json":
        print(json.dumps({"rows": [row._asdict() for row in rows], "missed": missed}))
    else:
        print(creation_report.table(rows))
    return 1 if missed else 0


def measure(connections: Sequence[int], seconds: float) -> list[Row]:
    """Every number of connections, after a piece in each way that is not counted."""
    programs = gobuild.find_or_build(os.environ, Progress(sys.stderr))
    binaries = find_or_build(os.environ, Progress(sys.stderr))
    with tempfile.TemporaryDirectory(prefix="jasm-load-") as name, ExitStack() as running:
        directory = Path(name)
        api = running.enter_context(ControlPlane(binaries))
        webhooks = [
            running.enter_context(injector(directory, workers=1)),
            running.enter_context(go_webhook(programs.webhook, directory)),
        ]
        helm = Helm(find_or_build_helm(os.environ, Progress(sys.stderr)), directory / "helm")
        ways = [_way(api, NONE), *(_registered(api, webhook) for webhook in webhooks)]
        ways.append(_by_policy(api, helm))
        api.await_webhooks()
        bodies = write(directory / "pods")
        cores = os.sched_getaffinity(0)
        token = _private(directory / "token", api.admin_token)
        loads = {way: Load(programs.load, bodies, cores, _options(way, token)) for way in ways}
        _piece(api, loads, connections[0], min(seconds, 1.0))
        return [row for number in connections for row in _rows(api, loads, number, seconds)]


def _registered(api: ControlPlane, webhook: Server) -> Server:
    """By the shipped registration, for one namespace only."""
    registration = injector_side.registration(webhook.url, webhook.ca.read_text())
    registration["metadata"]["name"] = webhook.name
    for entry in registration["webhooks"]:
        entry["namespaceSelector"]["matchExpressions"].append(_in(webhook.name))
    api.apply(registration)
    return _way(api, webhook.name)


def _by_policy(api: ControlPlane, helm: Helm) -> Server:
    """By the chart's policy, for one namespace only; in force when this returns."""
    policy, binding = policy_side.rendered(helm, Settings(IMAGE))
    chosen = policy["spec"]["matchConstraints"].setdefault("namespaceSelector", {})
    chosen.setdefault("matchExpressions", []).append(_in(POLICY))
    way = _way(api, POLICY)
    for manifest in (policy, binding):
        api.apply(manifest)
    pod = injector_side.annotated(POLICY)
    until(lambda: injector_side.is_injected(injector_side.create(api, pod)), "the policy is there")
    return way


def _in(namespace: str) -> JsonObject:
    return {"key": "kubernetes.io/metadata.name", "operator": "In", "values": [namespace]}


def _way(api: ControlPlane, name: str) -> Server:
    """The API server, as whoever creates pods in that namespace sees it.

    Its CPU is that of all servers of this process: etcd, kube-apiserver and the webhooks, of which
    only the one that is asked does anything.
    """
    api.create_namespace(name)
    api.create_service_account(name, "default")
    url = f"{api.url}/api/v1/namespaces/{name}/pods"
    return Server(name, url, Path(api.ca_file), os.getpid())


def _private(file: Path, text: str) -> Path:
    file.touch(0o600)
    file.write_text(text, encoding="ascii")
    return file


def _options(way: Server, token: Path) -> tuple[str, ...]:
    wanted = '"kind":"Pod"' if way.name == NONE else f'"name":"{keys.CONTAINER}"'
    return f"-token={token}", f"-wanted={wanted}"


def write(target: Path) -> Path:
    """A pod a line, of as many Deployments; the API server names them."""
    pod = yaml.safe_load(GOLDEN.read_text(encoding="utf-8"))
    pod["metadata"] = {"generateName": "web-", "annotations": pod["metadata"]["annotations"]}
    text = json.dumps(pod, separators=(",", ":"))
    lines = (text.replace("/prod/db", f"/prod/{kind:05x}") for kind in range(KINDS))
    target.write_text("\n".join(lines), encoding="utf-8")
    return target


def _rows(
    api: ControlPlane, loads: dict[Server, Load], connections: int, seconds: float
) -> Iterator[Row]:
    taken: dict[str, list[Piece]] = {way.name: [] for way in loads}
    for _ in range(PIECES):
        for name, piece in _piece(api, loads, connections, seconds / PIECES).items():
            taken[name].append(piece)
    for name, pieces in taken.items():
        yield load_report.summary(name, connections, pieces, 0.0, 0.0)


def _piece(
    api: ControlPlane, loads: dict[Server, Load], connections: int, seconds: float
) -> dict[str, Piece]:
    found: dict[str, Piece] = {}
    for way, load in loads.items():
        found[way.name] = load.piece(way, connections, seconds)
        api.request("DELETE", f"/api/v1/namespaces/{way.name}/pods")
    return found


if __name__ == "__main__":
    sys.exit(main())
