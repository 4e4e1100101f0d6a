"""Bar charts as SVG, readable on light and dark grounds, and with all that they show as text."""

from collections.abc import Iterator
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH = 760
LEFT, RIGHT = 250, 90  # of the bars: their names, and their sums
TOP, BAR, GAP, LINE = 72, 34, 14, 24
# Dark text is readable on each, and each stands out on a light and on a dark ground. The product is
# blue, all else is grey.
OURS = ("#6ea8fe", "#a9cdff")
OTHERS = ("#bcc4cd", "#a3acb6", "#8a949f")
OWN = " of ours"  # ends the name of a colour
TICKS = tuple(size * 10**power for power in range(-1, 6) for size in (1, 2, 5))
STYLE = """\
text { font-family: system-ui, sans-serif; font-size: 14px; fill: #1b1f24; }
.title { font-weight: 600; font-size: 16px; }
.small { font-size: 12px; }
.ours { font-weight: 600; }
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
    """A part of a bar."""

    name: str
    size: float
    ours: bool = False
    """Whether it is what JASM does, or takes."""


class Bar(NamedTuple):
    """Its steps come one after the other."""

    name: str
    steps: list[Step]

    @property
    def size(self) -> float:
        """Of all its steps."""
        return sum(step.size for step in self.steps)

    @property
    def ours(self) -> bool:
        """Whether JASM has a part in it."""
        return any(step.ours for step in self.steps)


class Chart(NamedTuple):
    """Bars of one unit. Its steps are named in a legend, unless each bar is one."""

    title: str
    measured: str
    """How, where, and of what."""
    bars: list[Bar]
    unit: str = "s"
    digits: int = 2
    better: str = "less is better"

    @property
    def colours(self) -> dict[str, str]:
        """Of the steps, by name in their order. One name may be ours in one bar and not in all."""
        found: dict[str, str] = {}
        for ours, shades in ((True, OURS), (False, OTHERS)):
            steps = [step for bar in self.bars for step in bar.steps if step.ours is ours]
            for number, step in enumerate({_key(step): step for step in steps}.values()):
                found[_key(step)] = shades[number % len(shades)]
        return found

    @property
    def legend(self) -> list[str]:
        """The names that it takes to read the bars."""
        names = list(dict.fromkeys(step.name for bar in self.bars for step in bar.steps))
        return names if len(names) > 1 else []

    @property
    def height(self) -> int:
        """Pixels."""
        return _bottom(self) + (2 + len(self.legend)) * LINE + 8

    def figure(self, size: float) -> str:
        """As people read it."""
        return f"{size:.{self.digits}f} {self.unit}"

    def said(self, bar: Bar) -> str:
        """A bar in words."""
        parts = ", ".join(f"{step.name} {self.figure(step.size)}" for step in bar.steps)
        return f"{bar.name}: {self.figure(bar.size)}" + (f" ({parts})" if self.legend else "")


def svg(*charts: Chart) -> str:
    """One picture, of charts below each other."""
    height = sum(chart.height for chart in charts)
    title = "; ".join(chart.title for chart in charts)
    said = [
        f"{chart.title}, {chart.better}: {'; '.join(map(chart.said, chart.bars))}. {chart.measured}"
        for chart in charts
    ]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" aria-labelledby="title desc">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(" ".join(said))}</desc>',
        f"<style>\n{STYLE}</style>",
        f'<rect class="ground" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6"/>',
    ]
    top = 0
    for chart in charts:
        lines += [f'<g transform="translate(0 {top})">', *_drawn(chart), "</g>"]
        top += chart.height
    return "\n".join([*lines, "</svg>\n"])


def _drawn(chart: Chart) -> Iterator[str]:
    yield _text(16, 30, chart.title, "title")
    yield _text(16, 50, chart.better, "small")
    yield from _axis(chart)
    yield from _bars(chart)
    yield from _legend(chart)


def _bottom(chart: Chart) -> int:
    return TOP + len(chart.bars) * (BAR + GAP)


def _axis(chart: Chart) -> Iterator[str]:
    bottom = _bottom(chart)
    longest = max(bar.size for bar in chart.bars)
    tick = next(size for size in TICKS if longest / size <= 8)
    for number in range(int(longest / tick) + 1):
        x = LEFT + number * tick * _scale(chart)
        yield f'<line class="grid" x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{bottom}"/>'
        yield _text(x, bottom + 16, f"{number * tick:g} {chart.unit}", "small middle")


def _bars(chart: Chart) -> Iterator[str]:
    for row, bar in enumerate(chart.bars):
        x, y = float(LEFT), TOP + row * (BAR + GAP)
        yield _text(LEFT - 12, y + 22, bar.name, "end ours" if bar.ours else "end")
        for step in bar.steps:
            width = step.size * _scale(chart)
            yield _swatch(chart.colours[_key(step)], x, y, width, BAR)
            if chart.legend and width >= 40:  # room for the figure; the table has it in any case
                yield _text(x + width / 2, y + 22, f"{step.size:.{chart.digits}f}", "on middle")
            x += width
        yield _text(x + 8, y + 22, chart.figure(bar.size))


def _legend(chart: Chart) -> Iterator[str]:
    steps = {step.name: step for bar in chart.bars for step in bar.steps}
    for row, name in enumerate(chart.legend):
        y = _bottom(chart) + (2 + row) * LINE
        yield _swatch(chart.colours[_key(steps[name])], LEFT, y - 12, 16, 16)
        yield _text(LEFT + 26, y + 1, name, "ours" if steps[name].ours else "")


def _scale(chart: Chart) -> float:
    return (WIDTH - LEFT - RIGHT) / max(bar.size for bar in chart.bars)


def _key(step: Step) -> str:
    return step.name + OWN if step.ours else step.name


def _swatch(colour: str, x: float, y: float, width: float, height: int) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{max(width - 1, 0.5):.1f}" height="{height}"'
    return f'<rect {place} fill="{colour}"/>'


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{named}>{escape(text)}</text>'
