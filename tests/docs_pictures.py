"""Draw the pictures in docs/, and the tables beside them, from the JSON files of their figures.

Put new measurements there, then `python -m tests.docs_pictures`; `tests/test_docs_pictures.py`
compares. They come from `make bench ARGS="--json docs/performance.json"`, and from where
`tests/pod_start_page.py` says.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests import performance_page, pod_start_page
from tests.charts import Chart, svg

DOCS = Path(__file__).parent.parent / "docs"
BEGIN = "<!-- Written by tests/docs_pictures.py from {file}: {name}; change it there. -->\n"
END = "<!-- End of what it writes. -->\n"


class Figures(NamedTuple):
    """A file of figures, and what is made of it."""

    file: Path
    charts: Callable[[Any], list[Chart]]
    tables: Callable[[Any], dict[str, str]]
    """By their names."""

    @property
    def picture(self) -> Path:
        """Beside the file."""
        return self.file.with_suffix(".svg")

    def drawn(self) -> str:
        """The picture, as it should be."""
        return svg(*self.charts(self.read()))

    def read(self) -> Any:
        """The figures."""
        return json.loads(self.file.read_text())


class Page(NamedTuple):
    """One page with tables of one file of figures."""

    page: Path
    figures: Figures
    names: tuple[str, ...]
    """Of the tables that it has."""

    def written(self) -> str:
        """The page's text, with the tables of these figures."""
        text = self.page.read_text()
        tables = self.figures.tables(self.figures.read())
        for name in self.names:
            begin = BEGIN.format(file=self.figures.file.name, name=name)
            if text.count(begin) != 1:
                raise ValueError(f"{self.page} has no place, or several, for the table {name}")
            before, _, rest = text.partition(begin)
            text = before + begin + tables[name] + END + rest.partition(END)[2]
        return text


START = Figures(DOCS / "pod-start.json", pod_start_page.charts, pod_start_page.tables)
COST = Figures(DOCS / "performance.json", performance_page.charts, performance_page.tables)
PAGES = [
    Page(DOCS / "what-happens-to-my-pod.md", START, ("pod starts", "a start in words")),
    Page(DOCS / "what-happens-to-my-pod.md", COST, ("a sync in words",)),
    Page(DOCS / "performance.md", START, ("pod starts", "a start in words")),
    Page(
        DOCS / "performance.md",
        COST,
        ("one pod", "one pod, from Vault", "many pods", "sidecar", "injector", "creations"),
    ),
    Page(DOCS / "comparison.md", START, ("a start in words",)),
    Page(DOCS / "comparison.md", COST, ("a sync in words",)),
    Page(DOCS.parent / "README.md", START, ("a start in short",)),
    Page(DOCS.parent / "README.md", COST, ("costs in words",)),
]

if __name__ == "__main__":
    for figures in (START, COST):
        figures.picture.write_text(figures.drawn())
    for each in PAGES:
        each.page.write_text(each.written())
