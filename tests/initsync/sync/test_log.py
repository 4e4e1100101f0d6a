"""One line a message, for people or for collectors."""

import io
import json

import pytest

from initsync.sync.log import Log, from_env
from initsync.words.errors import InvalidSetup


def lines(form: str, level: str = "info") -> tuple[Log, io.StringIO]:
    stream = io.StringIO()
    env = {"JASM_LOG_FORMAT": form, "JASM_LOG_LEVEL": level}
    return from_env(env, stream, lambda: 0.0), stream


@pytest.mark.parametrize("name", ["JASM_LOG_FORMAT", "JASM_LOG_LEVEL"])
def test_a_form_that_is_not_known_is_told(name: str) -> None:
    with pytest.raises(InvalidSetup, match=f"{name} is 'loud'"):
        from_env({name: "loud"}, io.StringIO(), lambda: 0.0)


@pytest.mark.parametrize(("level", "said"), [("info", ""), ("debug", "debug: GET /\n")])
def test_what_was_asked_is_said_on_request(level: str, said: str) -> None:
    log, stream = lines("text", level)

    log.debug("GET /")

    assert stream.getvalue() == said


def test_text_names_the_level_where_something_is_wrong() -> None:
    log, stream = lines("text")

    log.info("done", reason="SecretSynced")
    log.warning("slow")
    log.error("failed")

    assert stream.getvalue() == "done\nwarning: slow\nerror: failed\n"


def test_json_carries_time_level_and_fields() -> None:
    log, stream = lines("json")

    log.error("fäiled", reason="ProviderUnavailable")

    assert json.loads(stream.getvalue()) == {
        "time": "1970-01-01T00:00:00Z",
        "level": "error",
        "message": "fäiled",
        "reason": "ProviderUnavailable",
    }


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "said",
    [
        pytest.param("one\ntwo\r\nthree\x85four\u2028five", id="lines"),
        pytest.param("\x1b[2J\x1b]0;title\x07", id="orders to a terminal"),
        pytest.param("\x9b31m\x00\x7f", id="C1, NUL and DEL"),
        pytest.param("\u202eevil\u2066 \ud800", id="another direction, and no text at all"),
        pytest.param("x" * 200_000, id="a long one"),
        pytest.param("\x1b" * 200_000, id="a long one of orders"),
        pytest.param("é" * 200_000, id="a long one of more bytes than characters"),
    ],
)
def test_a_message_is_one_line_that_no_terminal_obeys(form: str, said: str) -> None:
    """And that the kubelet takes whole: 2,048 bytes of a log's end are a container's message."""
    log, stream = lines(form)

    log.error(f"AWS refused ({said}): do this", reason=said)

    line = stream.getvalue().removesuffix("\n")
    assert line.isprintable()
    message = json.loads(line)["message"] if form == "json" else line.removeprefix("error: ")
    assert message.startswith("AWS refused (")
    assert message.endswith("): do this")
    assert len(f"warning: {message}\n".encode()) <= 2048
