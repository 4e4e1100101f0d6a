"""What the server does beside answering, from time to time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from initsync.wording import bug
from injector.logs import Log


@contextlib.asynccontextmanager
async def every(seconds: float, do: Callable[[], None], log: Log) -> AsyncIterator[None]:
    """Call `do` so often until the end of the block.

    What it raises is a bug of ours: it is logged once, not each time, and `do` is called again. A
    server that goes on is worth more than one that ends with all that it was about to answer.
    """

    async def go_on() -> None:
        told = ""
        while True:
            await asyncio.sleep(seconds)
            try:
                do()
            except Exception as error:
                if (said := bug(error)) != told:
                    log.line("error", said)
                told = said

    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        task.cancel()
