"""Request bodies, within bounds: anybody in the cluster can send one."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from injector.review import BadReview

LIMIT = 7 * 1024 * 1024
"""Bytes of one; an API server takes objects of 3 MiB, controller-runtime's webhooks 7 MiB."""
TOGETHER = 32 * 1024 * 1024
"""Bytes of all that are being read at a time."""
ELEMENTS = 500_000
"""Commas, braces and brackets of one. Each may become an object of 60 to 100 bytes in memory:
6.9 MB of `{},{},…` made the process 190 MB larger (measured), a pod of 1 MiB has some 50,000."""
SECONDS = 10.0
"""For a whole one; API servers give up after the webhook's own 5 seconds."""

Receive = Callable[[], Awaitable[dict[str, Any]]]


class Bodies:
    """Reads them, and counts what is in memory."""

    def __init__(self) -> None:
        self._held = 0

    async def read(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
        """The whole body. Raises BadReview where it is too large, too slow, or one too many."""
        if int(headers.get(b"content-length", b"0")) > LIMIT:
            raise _too_large()
        before = bytearray()
        try:
            async with asyncio.timeout(SECONDS):
                await self._fill(before, receive)
        except TimeoutError:
            raise BadReview(408, f"the body was not whole after {SECONDS:g} s") from None
        finally:
            self._held -= len(before)
        if sum(map(before.count, (b",", b"{", b"["))) > ELEMENTS:
            raise BadReview(413, f"the body has more than {ELEMENTS} elements")
        return bytes(before)

    async def _fill(self, body: bytearray, receive: Receive) -> None:
        while True:
            event = await receive()
            part = event.get("body", b"")
            self._held += len(part)
            body += part
            if len(body) > LIMIT:
                raise _too_large()
            if self._held > TOGETHER:
                raise BadReview(503, "too many large requests at a time")
            if not event.get("more_body"):
                return


def _too_large() -> BadReview:
    return BadReview(413, f"the body is larger than {LIMIT} bytes")
