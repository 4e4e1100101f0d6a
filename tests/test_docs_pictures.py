"""Pictures and tables in docs/ are those of their figures, and pictures are text, too."""

from xml.etree import ElementTree

import pytest

from tests.charts import OTHERS, OURS, OWN, Bar, Chart, Step, svg
from tests.docs_pictures import COST, DOCS, PAGES, START, Figures, Page

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
        assert {chart.title, chart.better, *chart.legend} <= shown
        for bar in chart.bars:
            assert {bar.name, chart.figure(bar.size)} <= shown
            assert chart.said(bar) in said
            assert len(bar.name) <= 27, "else it does not fit beside its bar"


def test_a_picture_marks_what_is_jasms_by_colour_and_weight() -> None:
    (start,) = START.charts(START.read())
    cpu, memory, reviews = COST.charts(COST.read())

    for chart in (start, cpu, memory, reviews):
        assert [bar.name for bar in chart.bars if bar.ours] == [
            bar.name for bar in chart.bars if bar.name.startswith("JASM")
        ]
        colours = chart.colours
        assert {colours[key] for key in colours if key.endswith(OWN)} <= set(OURS)
        assert {colours[key] for key in colours if not key.endswith(OWN)} <= set(OTHERS)
    assert {chart.better for chart in (start, cpu, memory)} == {"less is better"}
    assert reviews.better == "more is better"


def test_the_picture_of_the_flow_says_its_steps_in_words_too() -> None:
    root = ElementTree.fromstring((DOCS / "flow.svg").read_text())

    drawn = " ".join(element.text or "" for element in root.iter(f"{SVG}text"))
    said = root.findtext(f"{SVG}desc") or ""

    for number in range(1, 6):
        assert f"{number}. " in drawn
        assert f"{number}. " in said


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
