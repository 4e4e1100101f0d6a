"""What strangers wrote, made safe to show: on a terminal, in a log, in an Event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.words import wording

# All that there is, and more often what does harm.
HARM = "\x00\x07\x1b\x7f\x9b\x85\r\n\t\u200e\u202e\u2066\u2028\ud800\U000e0041"
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from(HARM)))


@given(TEXTS)
def test_printable_text_is_text_without_orders_to_a_terminal(text: str) -> None:
    said = wording.printable(text)

    assert said.isprintable()
    assert text != said or text.isprintable()


@pytest.mark.parametrize("text", ["", "päß→😀", "שלום عالم", "a 'b' \\x1b"])
def test_text_that_can_be_shown_is_shown_as_it_is(text: str) -> None:
    assert wording.printable(text) == text
    assert wording.one_line(text, 100) == text


@given(TEXTS, st.integers(5, 60))
def test_a_line_is_printable_and_within_its_limit_of_bytes(text: str, limit: int) -> None:
    line = wording.one_line(text, limit)

    assert line.isprintable()
    assert len(line.encode()) <= limit


def test_lines_become_one() -> None:
    assert wording.one_line("one\ntwo\r\nthree\x85four\tfive", 100) == r"one two three four\tfive"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("::warning::x", r"\x3a:warning::x"),
        ("  ::add-mask::x", r"  \x3a:add-mask::x"),
        ("\n::error::x", r" \x3a:error::x"),
        ("a ##[error]x", r"a #\x23[error]x"),
        ("###[error]x", r"##\x23[error]x"),
        ("##vso[task.setvariable]x", r"#\x23vso[task.setvariable]x"),
        ("arn:aws:iam::1:role/a ## b", "arn:aws:iam::1:role/a ## b"),
    ],
)
def test_a_line_is_no_command_to_a_ci_runner(text: str, line: str) -> None:
    assert wording.one_line(text, 100) == line
    assert wording.one_line(line, 100) == line


def test_of_megabytes_only_a_line_is_looked_at() -> None:
    """Both ends stay: a sentence says at its end what to do."""
    line = wording.one_line(f"found {chr(27) * 10_000_000}: do this", 40)

    assert line.startswith("found ")
    assert line.endswith(": do this")


@given(st.text(st.characters(exclude_characters="…")), st.integers(5, 60))
def test_what_is_cut_keeps_both_ends_within_its_limit_of_bytes(text: str, limit: int) -> None:
    cut = wording.shortened(text, limit)

    whole = text.encode(errors="replace").decode()
    assert len(cut.encode()) <= limit
    assert cut == whole or (
        whole.startswith(cut.partition("…")[0]) and whole.endswith(cut.rpartition("…")[2])
    )
