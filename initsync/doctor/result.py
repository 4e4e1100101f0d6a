"""What a check says, and what could not be read for it. Pure."""

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple, TypeVar

from initsync.words.errors import ClusterError, ClusterForbidden, JasmError
from initsync.words.model import JsonObject

Status = Literal["ok", "warning", "failed", "skipped"]
STATUSES: tuple[Status, ...] = ("ok", "warning", "failed", "skipped")

T = TypeVar("T")


class Result(NamedTuple):
    """One line of the doctor's."""

    check: str
    status: Status
    message: str
    advice: str = ""
    """What to do about it."""
    exit_code: int = 0
    """The exit code of a check that failed, as in the failure table."""

    @property
    def as_json(self) -> dict[str, object]:
        """The result as the JSON object that scripts get."""
        told = self._asdict()
        del told["exit_code"]
        return told | {"exitCode": self.exit_code}

    def __str__(self) -> str:
        advice = f"; {self.advice}" if self.advice else ""
        return f"{self.status:<8}{self.check}: {self.message}{advice}"


class Unread(NamedTuple):
    """Stands in place of what could not be read."""

    why: str
    exit_code: int = 0
    """0: the reader may not; that is no fault of what was to be checked."""

    def result(self, check: str) -> Result:
        """The line of a check that rests on it."""
        status: Status = "failed" if self.exit_code else "skipped"
        return Result(check, status, self.why, exit_code=self.exit_code)


Stored = JsonObject | Unread | None
"""An object; None where there is none."""


def attempt(read: Callable[[], T]) -> T | Unread:
    """What `read` gives, or why it could not."""
    try:
        return read()
    except ClusterForbidden as error:
        return Unread(error.advice)
    except ClusterError as error:
        return Unread(str(error), error.exit_code)


def ok(check: str, message: str) -> Result:
    """All is as it should be."""
    return Result(check, "ok", message)


def warning(check: str, message: str, advice: str = "") -> Result:
    """It works, or may work, and somebody should look."""
    return Result(check, "warning", message, advice)


def failed(check: str, message: str, advice: str = "", exit_code: int = 5) -> Result:
    """Something keeps pods from their secrets."""
    return Result(check, "failed", message, advice, exit_code)


def failure(check: str, error: JasmError) -> Result:
    """A row of the failure table, whose sentence says what to do."""
    return failed(check, str(error), exit_code=error.exit_code)


def skipped(check: str, why: str) -> Result:
    """The result of a check about which nothing could be said."""
    return Result(check, "skipped", why)


def exit_code(results: Iterable[Result]) -> int:
    """The exit code of the first check that failed: what comes later often follows from it."""
    return next((one.exit_code for one in results if one.status == "failed"), 0)
