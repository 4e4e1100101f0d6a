"""What the benchmark's parts share: options, and how each ends."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from initsync.testing.controlplane.progress import Failed
from initsync.testing.controlplane.toolchain import MissingToolchain


class Result(NamedTuple):
    """Of one part."""

    table: str
    """For people."""
    figures: dict[str, Any]
    missed: Sequence[str]
    """A sentence for each bar that was missed."""


def options(about: str | None) -> argparse.ArgumentParser:
    """Those of every part."""
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="as CI does; nothing to be quoted")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser


def run_on_linux(
    measure: Callable[[argparse.Namespace], Result], chosen: argparse.Namespace, what: str
) -> int:
    """As `run`; elsewhere `what` it takes of Linux is told, and the part left out."""
    if sys.platform != "linux":
        print(f"{what}: left out on this system", file=sys.stderr)
        return 0
    return run(measure, chosen)


def run(measure: Callable[[argparse.Namespace], Result], chosen: argparse.Namespace) -> int:
    """Measure, print, and judge; the exit code is 1 where a bar was missed."""
    try:
        found = measure(chosen)
    except (MissingToolchain, Failed) as error:
        print(f"what is measured cannot be built: {error}", file=sys.stderr)
        return 2
    print("\n".join([found.table, *found.missed]), flush=True)
    if chosen.json:
        figures = {**found.figures, "missed": list(found.missed)}
        chosen.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 1 if found.missed else 0
