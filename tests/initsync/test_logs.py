"""One line a message, for people or for collectors."""

import io
import json

from initsync.logs import Log


def lines(form: str) -> tuple[Log, io.StringIO]:
    stream = io.StringIO()
    return Log(stream, form, lambda: 0.0), stream


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


def test_a_message_never_becomes_two_lines() -> None:
    log, stream = lines("text")

    log.error("one\ntwo\r\nthree\x85four")

    assert stream.getvalue().count("\n") == 1
