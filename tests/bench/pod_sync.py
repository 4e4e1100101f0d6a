"""One pod's sync on the real API server and moto: `jasm-init` against the floor, in one run.

`python tests/bench/pod_sync.py [--runs N] [--output json]`. Both keep a Secret of their own that
is there already, one after the other in turn, so that the machine's moods hit both. Exit code 1:
a bar of the project was missed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from initsync import keys
from initsync.model import JsonObject
from initsync.testing import launch, manifests
from initsync.testing.aws import AwsServer
from initsync.testing.controlplane import ControlPlane, find_or_build
from initsync.testing.controlplane.progress import Progress
from initsync.testing.podrun import AwsIdentity, run_container
from initsync.testing.webhook import Webhook

CPU_BAR = 1.5  # times the floor's
RSS_BAR = 30.0  # MB
NAMESPACE = "bench"
ANNOTATION = "provider: aws-secretsmanager\npath: /bench/db\nsecretName: {name}\n"
RULES: list[JsonObject] = [
    {
        "apiGroups": [""],
        "resources": ["secrets", "events"],
        "verbs": ["get", "create", "update", "patch"],
    }
]


class Cost(NamedTuple):
    """Of one run, or the medians of all (RSS: the largest)."""

    wall_ms: float
    cpu_ms: float
    rss_mb: float


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--output", choices=["text", "json"], default="text")
    chosen = parser.parse_args()
    found = measure(chosen.runs)
    ratio = found["jasm-init"].cpu_ms / found["floor"].cpu_ms
    kept = ratio <= CPU_BAR and found["jasm-init"].rss_mb <= RSS_BAR
    if chosen.output == "json":
        costs = {name: cost._asdict() for name, cost in found.items()}
        print(json.dumps({"runs": chosen.runs, "cpu_ratio": ratio, "kept": kept, **costs}))
    else:
        print(table(found, chosen.runs, ratio, kept))
    return 0 if kept else 1


def table(found: dict[str, Cost], runs: int, ratio: float, kept: bool) -> str:
    """For people."""
    lines = [f"one sync of an up-to-date Secret, {runs} runs each, medians (RSS: largest)"]
    for name, (wall, cpu, rss) in found.items():
        lines.append(f"  {name:10} wall {wall:5.0f} ms   CPU {cpu:5.0f} ms   RSS {rss:4.0f} MB")
    bars = f"(bar {CPU_BAR}), RSS bar {RSS_BAR:.0f} MB: {'kept' if kept else 'MISSED'}"
    return "\n".join([*lines, f"  CPU {ratio:.2f} times the floor {bars}"])


def measure(runs: int) -> dict[str, Cost]:
    """Both programs in turn, after one run each that is not counted."""
    binaries = find_or_build(os.environ, Progress(sys.stderr))
    with ControlPlane(binaries) as api, AwsServer() as aws, Webhook() as webhook:
        api.register_webhook(webhook.url, webhook.ca_pem)
        api.create_namespace(NAMESPACE)
        api.create_service_account(NAMESPACE, "app")
        api.allow(NAMESPACE, "app", RULES)
        aws.put_secret("/bench/db", {"host": "db", "user": "u", "password": "p"})
        with tempfile.TemporaryDirectory() as directory:
            programs = {
                "jasm-init": jasm_init(api, aws),
                "floor": floor(api, aws, Path(directory)),
            }
            costs: dict[str, list[Cost]] = {name: [] for name in programs}
            for number in range(runs + 1):
                for name, program in programs.items():
                    cost = program()
                    if number:
                        costs[name].append(cost)
    return {name: summary(taken) for name, taken in costs.items()}


def summary(taken: list[Cost]) -> Cost:
    """Medians, and the largest RSS."""
    return Cost(
        statistics.median(cost.wall_ms for cost in taken),
        statistics.median(cost.cpu_ms for cost in taken),
        max(cost.rss_mb for cost in taken),
    )


def jasm_init(api: ControlPlane, aws: AwsServer) -> Callable[[], Cost]:
    """The injected container of a stored pod."""
    pod = manifests.pod(NAMESPACE, "p", {keys.ANNOTATION: ANNOTATION.format(name="jasm")})
    pod["spec"]["serviceAccountName"] = "app"
    stored = api.create(pod)
    identity = AwsIdentity(aws.role_arn("app"), aws.region, aws.url)

    def run() -> Cost:
        ended = run_container(api, stored, keys.CONTAINER, aws=identity)
        if ended.exit_code:
            raise RuntimeError(ended.stderr)
        return Cost(ended.seconds * 1e3, ended.cpu_seconds * 1e3, ended.peak_rss / 1e6)

    return run


def floor(api: ControlPlane, aws: AwsServer, directory: Path) -> Callable[[], Cost]:
    """`floor.py` beside this file."""
    token, web, report = (directory / name for name in ("token", "web-identity", "report"))
    token.write_text(api.create_token(NAMESPACE, "app"))
    web.write_text(api.create_token(NAMESPACE, "app", audience="sts.amazonaws.com"))
    env = {
        "ANN": ANNOTATION.format(name="floor"),
        "API": api.url,
        "CA": api.ca_file,
        "TOKEN": str(token),
        "NS": NAMESPACE,
        "AWS_ROLE_ARN": aws.role_arn("app"),
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(web),
        "AWS_REGION": aws.region,
        "AWS_ENDPOINT_URL": aws.url,
    }
    program = [sys.executable, str(Path(__file__).with_name("floor.py"))]
    command = [sys.executable, "-I", "-S", launch.__file__, str(report), *program]

    def run() -> Cost:
        subprocess.run(command, env=env, check=True)
        status, cpu, rss, seconds = report.read_text().split()
        if status != "0":
            raise RuntimeError("the floor failed")
        return Cost(float(seconds) * 1e3, float(cpu) * 1e3, int(rss) / 1e6)

    return run


if __name__ == "__main__":
    sys.exit(main())
