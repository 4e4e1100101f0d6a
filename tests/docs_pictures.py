"""Draw docs/pod-start.svg, and its table, from docs/pod-start.json.

Put new measurements into the JSON file, then `python -m tests.docs_pictures`;
`tests/test_docs_pages.py` compares. The steps of a bar come one after the other, in seconds.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

DOCS = Path(__file__).parent.parent / "docs"
FIGURES = DOCS / "pod-start.json"
PICTURE = DOCS / "pod-start.svg"
PAGE = DOCS / "what-happens-to-my-pod.md"
BEGIN = "<!-- Written by tests/docs_pictures.py from pod-start.json; change it there. -->\n"
END = "<!-- End of what it writes. -->\n"

WIDTH = 760
LEFT, RIGHT = 190, 80  # of the bars: their names, and their sums
TOP, BAR, GAP, LINE = 72, 34, 14, 24
# Dark text is readable on each, and each stands out on a light and on a dark ground.
COLOURS = ("#9ec5f4", "#f6c177", "#b5d99c", "#e6a5c8", "#c4b5f0", "#8fd6cf")
STYLE = """\
text { font-family: system-ui, sans-serif; font-size: 14px; fill: #1b1f24; }
.title { font-weight: 600; font-size: 16px; }
.small { font-size: 12px; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.ground { fill: #ffffff; stroke: #d0d7de; }
.grid { stroke: #d0d7de; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .ground { fill: #0d1117; stroke: #3d444d; }
  .grid { stroke: #3d444d; }
}
text.on { fill: #1b1f24; }
"""


class Step(NamedTuple):
    name: str
    seconds: float


class Bar(NamedTuple):
    name: str
    steps: list[Step]

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)

    def __str__(self) -> str:
        parts = ", ".join(f"{step.name} {step.seconds:.2f} s" for step in self.steps)
        return f"{self.name}: {self.seconds:.2f} s ({parts})"


class Figures(NamedTuple):
    title: str
    measured: str
    bars: list[Bar]

    @property
    def steps(self) -> list[str]:
        """Their names, each once, in order."""
        return list(dict.fromkeys(step.name for bar in self.bars for step in bar.steps))


def read(file: Path = FIGURES) -> Figures:
    found = json.loads(file.read_text())
    bars = [Bar(bar["name"], [Step(**step) for step in bar["steps"]]) for bar in found["bars"]]
    return Figures(found["title"], found["measured"], bars)


def svg(figures: Figures) -> str:
    """The picture."""
    legend = TOP + len(figures.bars) * (BAR + GAP) + 2 * LINE
    height = legend + len(figures.steps) * LINE + 8
    said = escape("; ".join(str(bar) for bar in figures.bars))
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" aria-labelledby="title desc">',
        f'<title id="title">{escape(figures.title)}</title>',
        f'<desc id="desc">{said}. {escape(figures.measured)}</desc>',
        f"<style>\n{STYLE}</style>",
        f'<rect class="ground" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6"/>',
        _text(16, 30, figures.title, "title"),
    ]
    body = [*_axis(figures), *_bars(figures), *_legend(figures, legend)]
    return "\n".join([*head, *body, "</svg>\n"])


def _axis(figures: Figures) -> Iterator[str]:
    bottom = TOP + len(figures.bars) * (BAR + GAP)
    longest = max(bar.seconds for bar in figures.bars)
    tick = next(size for size in (0.1, 0.5, 1.0, 5.0, 10.0, 60.0) if longest / size <= 8)
    for number in range(int(longest / tick) + 1):
        x = LEFT + number * tick * _scale(figures)
        yield f'<line class="grid" x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{bottom}"/>'
        yield _text(x, bottom + 16, f"{number * tick:g} s", "small middle")


def _bars(figures: Figures) -> Iterator[str]:
    for row, bar in enumerate(figures.bars):
        x, y = float(LEFT), TOP + row * (BAR + GAP)
        yield _text(LEFT - 12, y + 22, bar.name, "end")
        for step in bar.steps:
            width = step.seconds * _scale(figures)
            yield _swatch(figures, step.name, x, y, width, BAR)
            if width >= 40:  # room for the figure; the table has it in any case
                yield _text(x + width / 2, y + 22, f"{step.seconds:.2f}", "on middle")
            x += width
        yield _text(x + 8, y + 22, f"{bar.seconds:.2f} s")


def _legend(figures: Figures, top: int) -> Iterator[str]:
    for row, name in enumerate(figures.steps):
        y = top + row * LINE
        yield _swatch(figures, name, LEFT, y - 12, 16, 16)
        yield _text(LEFT + 26, y + 1, name)


def _scale(figures: Figures) -> float:
    return (WIDTH - LEFT - RIGHT) / max(bar.seconds for bar in figures.bars)


def _swatch(figures: Figures, step: str, x: float, y: float, width: float, height: int) -> str:
    colour = COLOURS[figures.steps.index(step) % len(COLOURS)]
    place = f'x="{x:.1f}" y="{y:.1f}" width="{max(width - 1, 0.5):.1f}" height="{height}"'
    return f'<rect {place} fill="{colour}"/>'


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{named}>{escape(text)}</text>'


def table(figures: Figures) -> str:
    """The same for the page."""
    rows = [
        f"| {bar.name} | {bar.seconds:.2f} s | "
        + ", ".join(f"{step.name} {step.seconds:.2f} s" for step in bar.steps)
        + " |\n"
        for bar in figures.bars
    ]
    head = "| init containers | in all | of it |\n|---|---|---|\n"
    return f"{head}{''.join(rows)}\nMeasured: {figures.measured}\n"


def page(text: str, figures: Figures) -> str:
    """The page's text with the table of these figures."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{PAGE} has no place for the table")
    return f"{before}{begin}{table(figures)}{end}{after}"


if __name__ == "__main__":
    measured = read()
    PICTURE.write_text(svg(measured))
    PAGE.write_text(page(PAGE.read_text(), measured))
