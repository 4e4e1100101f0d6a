"""Stores of the certificate job whose process dies at a write, and those that tell another time."""

import datetime
from typing import Any

from initsync.network.http1 import Response
from initsync.words.model import JsonObject
from injector.certs.store import Store
from injector.certs.stored import MANAGER
from tests.polling import until


class Killed(BaseException):
    """SIGKILL, as far as the job can tell: nothing after it is done."""


def dying(write: int, *, after: bool, base: type[Store] = Store) -> type[Store]:
    """A store whose process dies at that write, before it is sent or after it is done."""

    class Dying(base):  # type: ignore[valid-type, misc]  # as a class made at run time is
        writes = 0

        def _send(self, method: str, *rest: Any) -> Response:
            self.writes += method == "PATCH"
            here = method == "PATCH" and self.writes == write
            if here and not after:
                raise Killed
            response: Response = super()._send(method, *rest)
            if here:
                raise Killed
            return response

    return Dying


def shifted(off: datetime.timedelta) -> type[Store]:
    """A store whose API server's clock is off from now on.

    What it noted before is as it was, and what others than the job write is dated rightly.
    """
    before = _second()
    until(lambda: _second() > before)  # API servers note whole seconds
    began = _second()

    class Shifted(Store):
        @property
        def now(self) -> datetime.datetime:
            return self._told + off

        @now.setter
        def now(self, told: datetime.datetime) -> None:
            self._told = told

        def _get(self, path: str) -> JsonObject | None:
            found = super()._get(path)
            for entry in (found or {"metadata": {}})["metadata"].get("managedFields", []):
                written = datetime.datetime.fromisoformat(entry["time"])
                if written >= began and entry["manager"] == MANAGER:
                    entry["time"] = (written + off).isoformat()
            return found

    return Shifted


class Yesterday(Store):
    """A store to which all that the job wrote seems to be of yesterday."""

    def _get(self, path: str) -> JsonObject | None:
        found = super()._get(path)
        for entry in (found or {"metadata": {}})["metadata"].get("managedFields", []):
            if entry["manager"] == MANAGER:
                written = datetime.datetime.fromisoformat(entry["time"])
                entry["time"] = (written - datetime.timedelta(days=1)).isoformat()
        return found


def _second() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)
