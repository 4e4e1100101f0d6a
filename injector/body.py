"""Request bodies, within bounds: anybody in the cluster can send one."""

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


class Bodies:
    """What is in memory of all that are being read."""

    def __init__(self) -> None:
        self.held = 0


class Body:
    """One that is being read."""

    def __init__(self, among: Bodies) -> None:
        self._among = among
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, part: bytes) -> None:
        """The next bytes. Raises BadReview where they are too many."""
        self._parts.append(part)
        self._size += len(part)
        self._among.held += len(part)
        if self._size > LIMIT:
            raise too_large()
        if self._among.held > TOGETHER:
            raise BadReview(503, "too many large requests at a time")

    def take(self) -> bytes:
        """All of it, which is held no longer. Raises BadReview where it has too many elements."""
        whole = b"".join(self._parts)
        self.drop()
        if len(whole) > ELEMENTS and sum(map(whole.count, (b",", b"{", b"["))) > ELEMENTS:
            raise BadReview(413, f"the body has more than {ELEMENTS} elements")
        return whole

    def drop(self) -> None:
        """Hold nothing of it."""
        self._among.held -= self._size
        self._parts, self._size = [], 0


def too_large() -> BadReview:
    """The refusal of a larger one, come or announced."""
    return BadReview(413, f"the body is larger than {LIMIT} bytes")


def too_slow() -> BadReview:
    """The refusal of one that did not come in time."""
    return BadReview(408, f"the body was not whole after {SECONDS:g} s")
