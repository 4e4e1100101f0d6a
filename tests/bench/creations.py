"""Creating pods through a real API server: with no injection, by either webhook, by the policy.

`python -m tests.bench.creations [--quick] [--rounds N] [--beside N] [--connections N...]
[--json FILE]`, Linux only. Each way has a namespace of its own, in which all pods ask for a secret;
they are loaded in pieces, in another order each round, so that the machine's moods and what a way
leaves behind (the more was created, the more the API server has to clean up) hit all.

A p99 is made of the API server's worst moments, which no order spreads evenly. So it is compared
where both webhooks are asked at the same time: what holds up one holds up the other. Go's runs
twice: what differs between the two is noise. Exit code 1: a creation failed, or the injector's p99
was more than a millisecond above Go's, beyond doubt.
"""

import argparse
import json
import os
import random
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import yaml

from initsync.cli.progress import Progress
from initsync.injection.settings import InjectionSettings
from initsync.testing import controlplane
from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import IMAGE
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.bench import creation_report, gobuild, load_report, part
from tests.bench.creation_report import AGAIN, NONE, POLICY, Above
from tests.bench.generator import Load, Server
from tests.bench.load_report import GO, INJECTOR, Piece, Row
from tests.bench.part import Result
from tests.bench.webhooks import go_webhook, injector
from tests.chart.helm import Helm, find_or_build
from tests.cluster import injector_side, policy_side
from tests.places import GOLDEN
from tests.polling import until

CONNECTIONS = (1, 4, 32)
ROUNDS = 8
PIECE = 1.0  # seconds of each way in a round
BESIDE = 40  # rounds in which the webhooks are asked at the same time
BESIDE_CONNECTIONS = (1, 4)
"""Of each of the three: with more, a creation waits for a core most of its time."""
BESIDE_PIECE = 3.0  # seconds
KINDS = 50
POD = GOLDEN / "aws-webhook-ran-before-irsa.pod.yaml"


def main() -> int:
    """Measure, print, and judge."""
    parser = part.options(__doc__)
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help=f"each of {PIECE:g} s in each way"
    )
    together = f"two or more of {BESIDE_PIECE:g} s, for p99"
    parser.add_argument("--beside", type=int, default=BESIDE, help=together)
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS)
    chosen = parser.parse_args()
    return part.run_on_linux(result, chosen, "the load benchmark reads /proc")


def result(chosen: argparse.Namespace) -> Result:
    """As the command line wants it; a quick one is judged by errors alone."""
    if chosen.quick:
        rows, above = measure((4,), 2, (), 0)
        verdict = creation_report.failed(rows)
    else:
        beside = max(2, chosen.beside)
        rows, above = measure(chosen.connections, chosen.rounds, BESIDE_CONNECTIONS, beside)
        verdict = creation_report.missed(rows, above)
    figures = {
        "rows": [row._asdict() for row in rows],
        "above": [each._asdict() for each in above],
    }
    return Result(creation_report.table(rows, above), figures, verdict)


def measure(
    connections: Sequence[int], rounds: int, beside: Sequence[int], beside_rounds: int
) -> tuple[list[Row], list[Above]]:
    """Every number of connections, after a piece in each way that is not counted."""
    programs = gobuild.find_or_build(os.environ, Progress(sys.stderr))
    binaries = controlplane.find_or_build(os.environ, Progress(sys.stderr))
    with tempfile.TemporaryDirectory(prefix="jasm-load-") as name, ExitStack() as running:
        directory = Path(name)
        api = running.enter_context(ControlPlane(binaries))
        webhooks = [
            running.enter_context(injector(directory)),
            running.enter_context(go_webhook(programs.webhook, directory / GO, GO)),
            running.enter_context(go_webhook(programs.webhook, directory / AGAIN, AGAIN)),
        ]
        helm = Helm(find_or_build(os.environ, Progress(sys.stderr)), directory / "helm")
        ways = [_way(api, NONE), *(_registered(api, webhook) for webhook in webhooks)]
        ways.append(_by_policy(api, helm))
        api.await_webhooks()
        bodies = write(directory / "pods")
        cores = os.sched_getaffinity(0)
        token = _private(directory / "token", api.admin_token)
        loads = {way: Load(programs.load, bodies, cores, _options(way, token)) for way in ways}
        _round(api, loads, connections[0])
        taken = {number: _rounds(api, loads, number, rounds) for number in connections}
        asked = {way: load for way, load in loads.items() if way.name in (INJECTOR, GO, AGAIN)}
        above = [
            creation_report.above(number, _beside(api, asked, number, beside_rounds))
            for number in beside
        ]
    rows = [
        load_report.summary(name, number, pieces, 0.0, 0.0)
        for number, ways in taken.items()
        for name, pieces in ways.items()
    ]
    return rows, above


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
    policy, binding = policy_side.rendered(helm, InjectionSettings(IMAGE))
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
    pod = yaml.safe_load(POD.read_text(encoding="utf-8"))
    pod["metadata"] = {"generateName": "web-", "annotations": pod["metadata"]["annotations"]}
    text = json.dumps(pod, separators=(",", ":"))
    lines = (text.replace("/prod/db", f"/prod/{kind:05x}") for kind in range(KINDS))
    target.write_text("\n".join(lines), encoding="utf-8")
    return target


def _rounds(
    api: ControlPlane, loads: dict[Server, Load], connections: int, rounds: int
) -> dict[str, list[Piece]]:
    taken: dict[str, list[Piece]] = {way.name: [] for way in loads}
    turn = list(loads.items())
    order = random.Random(connections)
    for _ in range(rounds):
        order.shuffle(turn)
        for name, piece in _round(api, dict(turn), connections).items():
            taken[name].append(piece)
    return taken


def _round(api: ControlPlane, loads: Mapping[Server, Load], connections: int) -> dict[str, Piece]:
    """A piece in each way, in this order; the pods are deleted after each."""
    found: dict[str, Piece] = {}
    for way, load in loads.items():
        found[way.name] = load.piece(way, connections, PIECE)
        _delete(api, way)
    return found


def _beside(
    api: ControlPlane, loads: Mapping[Server, Load], connections: int, rounds: int
) -> dict[str, list[Piece]]:
    """Pieces of all ways at the same time, each by so many connections."""
    taken: dict[str, list[Piece]] = {way.name: [] for way in loads}
    with ThreadPoolExecutor(len(loads)) as pool:
        for _ in range(rounds):
            running = [
                (way, pool.submit(load.piece, way, connections, BESIDE_PIECE))
                for way, load in loads.items()
            ]
            for way, piece in running:
                taken[way.name].append(piece.result())
            for way in loads:
                _delete(api, way)
    return taken


def _delete(api: ControlPlane, way: Server) -> None:
    api.request("DELETE", f"/api/v1/namespaces/{way.name}/pods")


if __name__ == "__main__":
    sys.exit(main())
