"""What the server does from time to time goes on, whatever happens to it."""

import asyncio
import io
import json

from injector.housekeeping import every
from injector.logs import Log


def test_a_bug_is_told_once_and_the_next_time_comes_all_the_same() -> None:
    told, called = io.StringIO(), 0

    async def until_the_fifth_time() -> None:
        fifth = asyncio.Event()

        def work() -> None:
            nonlocal called
            called += 1
            if called == 5:
                fifth.set()
            raise ValueError("pl4nted")

        async with every(0.001, work, Log(told)):
            await asyncio.wait_for(fifth.wait(), 10)

    asyncio.run(until_the_fifth_time())

    (line,) = map(json.loads, told.getvalue().splitlines())
    assert called >= 5
    assert line["level"] == "error"
    assert line["message"].startswith("internal error (ValueError in ")


def test_it_ends_with_its_block() -> None:
    async def left_over() -> int:
        async with every(0.001, lambda: None, Log(io.StringIO())):
            during = len(asyncio.all_tasks())
        await asyncio.sleep(0)
        return during - len(asyncio.all_tasks())

    assert asyncio.run(left_over()) == 1
