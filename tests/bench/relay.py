"""A relay before a server of this machine that holds back what clients say for a while."""

import asyncio
import threading
from urllib.parse import urlsplit

from initsync.testing.closing import Closing

_CHUNK = 65_536


class Relay(Closing):
    """Listens on the loopback address; each round trip takes `delay` seconds more.

    Bytes go through as they are, TLS too. Leaving the `with` block ends it.
    """

    def __init__(self, url: str, delay: float) -> None:
        place = urlsplit(url)
        self._target, self._delay = (place.hostname, place.port), delay
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        serving = asyncio.start_server(self._relayed, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(serving, self._loop).result()
        self.port = int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Stop listening, and end what is under way."""
        asyncio.run_coroutine_threadsafe(self._ended(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _ended(self) -> None:
        self._server.close()
        own = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not own]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _relayed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, asked = await asyncio.open_connection(*self._target)
        both = (_copied(reader, asked, self._delay), _copied(answers, writer, 0))
        await asyncio.gather(*both, return_exceptions=True)


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    try:
        while chunk := await reader.read(_CHUNK):
            await asyncio.sleep(delay)
            writer.write(chunk)
            await writer.drain()
    finally:
        writer.close()
