"""Draw the pictures in docs/, and the tables beside them, from the JSON files of their figures.

Put new measurements there, then `python -m tests.docs_pictures`; `tests/test_docs_pictures.py`
compares. docs/pod-start.json is written by hand from `make test-node`'s figures,
docs/performance.json is what `make bench ARGS="--output json"` prints.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests import performance_page
from tests.charts import Bar, Chart, Step, svg

DOCS = Path(__file__).parent.parent / "docs"
BEGIN = "<!-- Written by tests/docs_pictures.py from {file}: {name}; change it there. -->\n"
END = "<!-- End of what it writes. -->\n"


class Page(NamedTuple):
    """One page with its picture, both made of one file of figures."""

    page: Path
    figures: Path
    charts: Callable[[Any], list[Chart]]
    tables: Callable[[Any], dict[str, str]]
    """By the names in the page."""

    @property
    def picture(self) -> Path:
        """Beside the figures."""
        return self.figures.with_suffix(".svg")

    def drawn(self) -> str:
        """The picture, as it should be."""
        return svg(*self.charts(self.read()))

    def written(self) -> str:
        """The page's text, with the tables of these figures."""
        text = self.page.read_text()
        for name, table in self.tables(self.read()).items():
            begin = BEGIN.format(file=self.figures.name, name=name)
            if text.count(begin) != 1:
                raise ValueError(f"{self.page} has no place, or several, for the table {name}")
            before, _, rest = text.partition(begin)
            text = before + begin + table + END + rest.partition(END)[2]
        return text

    def read(self) -> Any:
        """The figures."""
        return json.loads(self.figures.read_text())


def pod_start(figures: Any) -> list[Chart]:
    """Of docs/pod-start.json."""
    bars = [
        Bar(bar["name"], [Step(step["name"], step["seconds"]) for step in bar["steps"]])
        for bar in figures["bars"]
    ]
    return [Chart(figures["title"], figures["measured"], bars)]


def pod_start_tables(figures: Any) -> dict[str, str]:
    """The same for the page."""
    (chart,) = pod_start(figures)
    rows = [
        f"| {bar.name} | {chart.figure(bar.size)} | "
        + ", ".join(f"{step.name} {chart.figure(step.size)}" for step in bar.steps)
        + " |\n"
        for bar in chart.bars
    ]
    head = "| init containers | in all | of it |\n|---|---|---|\n"
    return {"pod starts": f"{head}{''.join(rows)}\nMeasured: {chart.measured}\n"}


PAGES = [
    Page(DOCS / "what-happens-to-my-pod.md", DOCS / "pod-start.json", pod_start, pod_start_tables),
    Page(
        DOCS / "performance.md",
        DOCS / "performance.json",
        performance_page.charts,
        performance_page.tables,
    ),
]

if __name__ == "__main__":
    for each in PAGES:
        each.picture.write_text(each.drawn())
        each.page.write_text(each.written())
