"""One pod's sync from Vault, beside one from AWS and the peer's own way, in one run.

`python -m tests.bench.vault_sync [--quick] [--runs N]`

`jasm-init` logs in to a real OpenBao with a token that the real kube-apiserver reviews, reads,
writes the Secret and its Event, and gives the token back. `bao agent -exit-after-auth` logs in
likewise and renders one secret into a file; it asks no API server. Exit code 1: a bar of the
project was missed.
"""

import argparse
import os
import platform
import statistics
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from initsync.cli.progress import Progress
from tests.bench import image, part
from tests.bench.part import Result
from tests.bench.world import NAMESPACE, VALUES, Program, World
from tests.openbao import kubernetes, program
from tests.openbao.server import Bao

JASM, AWS, AGENT = "jasm-init, vault", "jasm-init, aws", "bao agent"
RUNS, QUICK = 15, 5
Bars = Mapping[str, tuple[float, float | None]]
BARS: Bars = {AWS: (1.2, None), AGENT: (0.7, 0.35)}
"""Times theirs: CPU, and RSS where that counts."""
GUARD: Bars = {AWS: (1.3, None), AGENT: (0.85, 0.35)}
"""The same for few runs on a busy machine."""
_ENTRY = "provider: vault\npath: secret/app/db\nsecretName: {name}\n"
_AGENT = """exit_after_auth = true
vault {{
  address = "{url}"
  ca_cert = "{ca}"
}}
auto_auth {{
  method {{
    type = "kubernetes"
    config = {{
      role = "app"
      token_path = "{token}"
    }}
  }}
}}
template {{
  contents = "{contents}"
  destination = "{directory}/rendered"
}}
"""


_CONTENTS = r"{{ with secret \"secret/data/app/db\" }}{{ .Data.data.password }}{{ end }}"


class Row(NamedTuple):
    """Medians of one program's runs."""

    program: str
    wall_ms: float
    cpu_ms: float
    rss_mb: float


def main() -> int:
    """Measure, print, and judge."""
    parser = part.options(__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="of each")
    return part.run(result, parser.parse_args())


def result(chosen: argparse.Namespace) -> Result:
    """As the command line wants it."""
    bao_program = program.find_or_install(os.environ, Progress(sys.stderr))
    with World() as world, Bao(bao_program, world.directory) as bao:
        programs = prepared(world, bao, bao_program)
        rows = measure(world, programs, QUICK if chosen.quick else chosen.runs)
    figures = {"python": platform.python_version(), "rows": [row._asdict() for row in rows]}
    return Result(table(rows), figures, missed(rows, GUARD if chosen.quick else BARS))


def prepared(world: World, bao: Bao, bao_program: Path) -> list[Program]:
    """Ours first."""
    bao.initialise().mount("secret", "kv", version="2")
    bao.put("secret/app/db", VALUES)
    bao.policy("app", "secret/data/app/*")
    kubernetes.auth(bao, world.api, token_reviewer_jwt=kubernetes.reviewer(world.api))
    commands = image.lay_out(world.directory / "image")
    for name in ("app", "aws"):
        world.account(name)
    world.provide("aws")
    token = world.directory / "vault-token"
    token.write_text(world.api.create_token(NAMESPACE, "app", audience="vault"))
    env = {"VAULT_ADDR": bao.url, "VAULT_CACERT": bao.ca_file, "JASM_VAULT_TOKEN_FILE": str(token)}
    said = {"jasm.codnod.io/secret-sync": _ENTRY.format(name="vault")}
    ours = world.injected("vault", commands, "app", "vault", **said)
    aws = world.injected("aws", commands, "aws", "aws")
    agent = _agent(world.directory, bao, bao_program, token)
    return [ours._replace(name=JASM, env=ours.env | env), aws._replace(name=AWS), agent]


def _agent(directory: Path, bao: Bao, bao_program: Path, token: Path) -> Program:
    config = directory / "agent.hcl"
    told = {"url": bao.url, "ca": bao.ca_file, "token": token, "directory": directory}
    config.write_text(_AGENT.format(contents=_CONTENTS, **told), encoding="ascii")
    command = [str(bao_program), "agent", f"-config={config}"]
    env = {"PATH": "/usr/bin:/bin", "HOME": str(directory)}
    return Program(AGENT, command, env, directory, "", "")


def measure(world: World, programs: list[Program], runs: int) -> list[Row]:
    """Each in turn; a first run of each is not counted."""
    taken: dict[str, list[tuple[float, float, float]]] = {it.name: [] for it in programs}
    for number in range(runs + 1):
        for each in programs:
            if each.secret:
                world.forget(each.secret)
            (world.directory / "rendered").unlink(missing_ok=True)
            ended = each.run()
            if number:
                cost = (ended.seconds * 1e3, ended.cpu_seconds * 1e3, ended.peak_rss / 1e6)
                taken[each.name].append(cost)
    median = statistics.median
    return [Row(name, *map(median, zip(*costs, strict=True))) for name, costs in taken.items()]


def missed(rows: list[Row], bars: Bars = BARS) -> list[str]:
    """A sentence for each bar that was missed."""
    own = next(row for row in rows if row.program == JASM)
    found: list[str] = []
    figures: tuple[tuple[str, Callable[[Row], float], int], ...]
    figures = (("CPU", lambda row: row.cpu_ms, 0), ("RSS", lambda row: row.rss_mb, 1))
    for row in rows:
        for what, of, number in figures:
            bar = bars.get(row.program, (None, None))[number]
            times = of(own) / of(row)
            if bar is not None and times > bar:
                found.append(
                    f"sync from Vault: {times:.2f} times the {what} of {row.program} (bar {bar:g})"
                )
    return found


def table(rows: list[Row]) -> str:
    """For people."""
    lines = ["one pod's sync from Vault   wall ms    CPU ms   RSS MB"]
    lines += [
        f"  {row.program:23}{row.wall_ms:9.0f}  {row.cpu_ms:8.1f}  {row.rss_mb:7.1f}"
        for row in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
