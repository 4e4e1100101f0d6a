"""The sidecar's figures as Prometheus reads them. Pure, apart from the process's own memory.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

import os
from collections.abc import Iterator

from initsync.pod.sidecar.cycles import Figures

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def page(figures: Figures, resident: int | None) -> bytes:
    """All of them; `resident` is `memory()`."""
    return "".join(_lines(figures, resident)).encode()


def memory() -> int | None:
    """Resident bytes of this process; None where the system has no /proc."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


def _lines(figures: Figures, resident: int | None) -> Iterator[str]:
    yield from _head("jasm_syncs_total", "counter", "Syncs by what came of them.")
    for outcome, count in figures.syncs.items():
        yield f'jasm_syncs_total{{outcome="{outcome}"}} {count}\n'
    if figures.changes:
        meaning = "Tries to bring a new value to the app, by what came of them."
        yield from _head("jasm_changes_total", "counter", meaning)
        for outcome, count in figures.changes.items():
            yield f'jasm_changes_total{{outcome="{outcome}"}} {count}\n'
        meaning = "Whether the app goes on with the value of before, as an Event told."
        yield from _gauge("jasm_app_outdated", meaning, int(figures.outdated))
    gauges = {
        "jasm_last_sync_timestamp_seconds": ("When the last sync ended.", figures.last_sync),
        "jasm_last_success_timestamp_seconds": (
            "When the Secret last was as the provider has it.",
            figures.last_success,
        ),
        "jasm_sync_duration_seconds": ("How long the last sync took.", figures.duration),
        "jasm_failing": ("Whether the last sync failed.", int(figures.failing)),
    }
    if resident is not None:
        gauges["process_resident_memory_bytes"] = ("Resident memory of this process.", resident)
    for name, (meaning, value) in gauges.items():
        yield from _gauge(name, meaning, value)


def _gauge(name: str, meaning: str, value: float) -> Iterator[str]:
    yield from _head(name, "gauge", meaning)
    yield f"{name} {value}\n"


def _head(name: str, kind: str, meaning: str) -> Iterator[str]:
    yield f"# HELP {name} {meaning}\n# TYPE {name} {kind}\n"
