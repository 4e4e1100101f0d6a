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
    one = ("an init container, be it empty", took[EMPTY] - took[NONE])
    bars = {
        NONE: [],
        JASM: [one, ("what JASM does", took[JASM] - took[EMPTY])],
        "and jasm-wait": [
            one,
            ("another one", took[TWO] - took[EMPTY]),
            ("what JASM does", took[WAIT] - took[TWO]),
        ],
        "mode: sidecar": [one, ("its startup probe", took[SIDECAR] - took[EMPTY])],
        JASM_SLOW: [
            (one[0], took[EMPTY_SLOW] - took[NONE]),
            ("what JASM does", took[JASM_SLOW] - took[EMPTY_SLOW]),
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
            "From a pod's creation to its app running",
            measured,
            [
                Bar(name, [Step("Kubernetes itself", took[NONE]), *(Step(*it) for it in steps)])
                for name, steps in bars.items()
            ],
        )
    ]


def tables(figures: Any) -> dict[str, str]:
    """By their names in the pages."""
    return {"pod starts": _starts(figures), "a start in words": _words(figures)}


def _starts(figures: Any) -> str:
    """The chart's, for those who cannot see it."""
    (chart,) = charts(figures)
    rows = [
        f"| {bar.name} | {chart.figure(bar.size)} | "
        + ", ".join(f"{step.name} {chart.figure(step.size)}" for step in bar.steps)
        + " |\n"
        for bar in chart.bars
    ]
    head = "| init containers | in all | of it |\n|---|---|---|\n"
    return f"{head}{''.join(rows)}\nMeasured: {chart.measured}\n"


def _words(figures: Any) -> str:
    took, process = _medians(figures["starts"]), _medians(figures["processes"])
    return (
        f"The process of `jasm-init` takes {process[JASM]:.2f} s from start to exit, with a limit "
        f"of 100m CPU {process[JASM_SLOW]:.2f} s: the pod\nthen starts "
        f"{took[JASM_SLOW] - took[EMPTY_SLOW]:.1f} s later than with an empty init container under "
        "the same limit.\n"
    )


def _medians(samples: dict[str, list[float]]) -> dict[str, float]:
    """Rounded, so that the parts of a bar add up to what it says."""
    return {kind: round(statistics.median(seconds), 2) for kind, seconds in samples.items()}
