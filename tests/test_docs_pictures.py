"""Pictures and tables in docs/ are those of their figures, and pictures are text, too."""

from xml.etree import ElementTree

import pytest

from tests.charts import Bar, Chart, Step, svg
from tests.docs_pictures import COST, PAGES, START, Figures, Page

SVG = "{http://www.w3.org/2000/svg}"


AGAIN = "put the figures into the JSON file, then python -m tests.docs_pictures"
PICTURES = pytest.mark.parametrize("figures", [START, COST], ids=lambda it: it.file.stem)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.page.stem)
def test_a_page_is_that_of_the_figures(page: Page) -> None:
    assert page.page.read_text() == page.written(), AGAIN


@PICTURES
def test_a_picture_is_that_of_the_figures(figures: Figures) -> None:
    assert figures.picture.read_text() == figures.drawn(), AGAIN


@PICTURES
def test_a_picture_says_all_that_it_shows_as_text(figures: Figures) -> None:
    charts = figures.charts(figures.read())
    root = ElementTree.fromstring(figures.drawn())

    shown = {element.text for element in root.iter(f"{SVG}text")}
    said = root.findtext(f"{SVG}desc") or ""

    for chart in charts:
        assert {chart.title, *chart.legend} <= shown
        for bar in chart.bars:
            assert {bar.name, chart.figure(bar.size)} <= shown
            assert chart.said(bar) in said


def test_a_page_without_a_place_for_its_table_is_told() -> None:
    page = PAGES[0]._replace(names=("nowhere",))

    with pytest.raises(
        ValueError, match=r"pod\.md has no place, or several, for the table nowhere"
    ):
        page.written()


def test_charts_of_any_shape_are_drawn_below_each_other() -> None:
    steps = [Step(f"<{number}>", number * 0.013) for number in range(9)]
    many = Chart("A & B", "now", [Bar("one", steps)])
    few = Chart("C", "now", [Bar(name, [Step("C", 12_000.0)]) for name in "ab"], "/s", 0)

    root = ElementTree.fromstring(svg(many, few))

    bars, swatches = len(steps) + 2, len(steps)
    assert sum(1 for _ in root.iter(f"{SVG}rect")) == 1 + bars + swatches
    assert int(root.attrib["height"]) == many.height + few.height
