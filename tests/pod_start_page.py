"""What the docs show of a pod's start on a real node: a chart, its table, and sentences.

`TIMED=20 FIGURES=docs/pod-start.json make test-node ARGS=tests/node/test_node_start_time.py`
measures them: seconds of all starts by kind of pod, and of the process of `jasm-init`.
"""

import statistics
from typing import Any

from tests.charts import Bar, Chart, Step

NONE = "no init container"
EMPTY = "one empty"
JASM = "jasm-init"
TWO = "two empty"
WAIT = "jasm-init and jasm-wait"
SIDECAR = "sidecar"
EMPTY_SLOW = "one empty at 100m"
JASM_SLOW = "jasm-init at 100m"


def charts(figures: Any) -> list[Chart]:
    """One, of what each part of a start takes."""
    took = _medians(figures["starts"])
    one = Step("starting an init container, whatever it does", took[EMPTY] - took[NONE])
    two = Step("starting a second one", took[TWO] - took[EMPTY])
    probe = Step("waiting for the sidecar's startup probe", took[SIDECAR] - took[EMPTY], ours=True)
    bars = {
        "without an init container": [],
        "JASM": [one, _sync(took[JASM] - took[EMPTY])],
        "JASM, Secret as a volume": [one, two, _sync(took[WAIT] - took[TWO])],
        "JASM as a sidecar": [one, probe],
        "JASM, CPU limit of 100m": [
            one._replace(size=took[EMPTY_SLOW] - took[NONE]),
            _sync(took[JASM_SLOW] - took[EMPTY_SLOW]),
        ],
    }
    measured = (
        f"{figures['machine']}, images on the node, the Secret up to date, a limit of one CPU but "
        f"where said; medians of {len(figures['starts'][NONE])} starts each in one run, spread "
        "over the second between two looks of the kubelet. Of the parts: the same pod with empty "
        "init containers in place of JASM's, of the same image and with the same security context."
    )
    return [
        Chart(
            "Seconds from a pod's creation until its app runs",
            measured,
            [Bar(name, [Step("Kubernetes itself", took[NONE]), *it]) for name, it in bars.items()],
        )
    ]


def _sync(seconds: float) -> Step:
    return Step("JASM's own work", seconds, ours=True)


def tables(figures: Any) -> dict[str, str]:
    """By their names in the pages."""
    return {
        "pod starts": _starts(figures),
        "a start in words": _words(figures),
        "a start in short": _short(figures),
    }


def _starts(figures: Any) -> str:
    """The chart's, for those who cannot see it."""
    (chart,) = charts(figures)
    rows = [
        f"| {bar.name} | {chart.figure(bar.size)} | "
        + ", ".join(f"{step.name} {chart.figure(step.size)}" for step in bar.steps)
        + " |\n"
        for bar in chart.bars
    ]
    head = "| pod | in all | of it |\n|---|---|---|\n"
    return f"{head}{''.join(rows)}\nMeasured: {chart.measured}\n"


def _words(figures: Any) -> str:
    took, process = _medians(figures["starts"]), _medians(figures["processes"])
    return (
        f"The process of `jasm-init` takes {process[JASM]:.2f} s from start to exit, with a limit "
        f"of 100m CPU {process[JASM_SLOW]:.2f} s: the pod\nthen starts "
        f"{took[JASM_SLOW] - took[EMPTY_SLOW]:.1f} s later than with an empty init container under "
        "the same limit.\n"
    )


def _short(figures: Any) -> str:
    took, starts = _medians(figures["starts"]), len(figures["starts"][JASM])
    return (
        f"A pod's app runs {took[NONE]:.1f} s after the pod's creation; with JASM it runs after "
        f"{took[JASM]:.1f} s. Of that, {took[EMPTY] - took[NONE]:.1f} s is what\nKubernetes takes "
        f"for any init container, and {took[JASM] - took[EMPTY]:.2f} s is JASM's own work.\nWhere "
        f"the pod mounts the Secret as a volume, it is {took[WAIT]:.1f} s: a second container "
        f"waits for the files.\nMedians of {starts} starts, on a machine with "
        f"{figures['machine'].partition(',')[0]}.\n"
    )


def _medians(samples: dict[str, list[float]]) -> dict[str, float]:
    """Rounded, so that the parts of a bar add up to what it says."""
    return {kind: round(statistics.median(seconds), 2) for kind, seconds in samples.items()}
