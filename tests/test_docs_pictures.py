"""Pictures and tables in docs/ are those of their figures, and pictures are text, too."""

from xml.etree import ElementTree

import pytest

from tests.charts import Bar, Chart, Step, svg
from tests.docs_pictures import PAGES, Page

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.page.stem)
def test_a_page_and_its_picture_are_those_of_the_figures(page: Page) -> None:
    again = "put the figures into the JSON file, then python -m tests.docs_pictures"

    assert page.picture.read_text() == page.drawn(), again
    assert page.page.read_text() == page.written(), again


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.page.stem)
def test_a_picture_says_all_that_it_shows_as_text(page: Page) -> None:
    charts = page.charts(page.read())
    root = ElementTree.fromstring(page.drawn())

    shown = {element.text for element in root.iter(f"{SVG}text")}
    said = root.findtext(f"{SVG}desc") or ""

    for chart in charts:
        assert {chart.title, *chart.legend} <= shown
        for bar in chart.bars:
            assert {bar.name, chart.figure(bar.size)} <= shown
            assert chart.said(bar) in said


def test_a_page_without_a_place_for_its_table_is_told() -> None:
    page = PAGES[0]._replace(tables=lambda _: {"nowhere": ""})

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
