"""Repeated deliveries are recognised, for as long and for as many as is worth the memory."""

import asyncio

import pytest

from bot.teams.duplicates import KEEP, DuplicateFilter


@pytest.fixture
def inbox(clock):
    return DuplicateFilter(clock, most=3)


def key(name):
    return ("message", "c", name)


async def test_the_second_delivery_is_not_new_until_ten_minutes_later(inbox, clock):
    assert inbox.is_new(key("a"))
    await clock.advance(KEEP - 1)
    assert not inbox.is_new(key("a"))
    assert inbox.is_new(("message", "d", "a"))
    await clock.advance(2)
    assert inbox.is_new(key("a"))


def test_memory_is_bounded(inbox):
    for n in range(100):
        assert inbox.is_new(key(str(n)))
    assert len(inbox) <= 3
    assert not inbox.is_new(key("99"))


async def test_both_deliveries_get_the_answer_of_the_first(inbox):
    made = []
    go = asyncio.Event()

    async def answer():
        made.append(1)
        await go.wait()
        return len(made)

    first = asyncio.create_task(inbox.once(key("a"), answer))
    second = asyncio.create_task(inbox.once(key("a"), answer))
    await asyncio.sleep(0)
    first.cancel()
    go.set()
    assert await second == 1
    assert await inbox.once(key("a"), answer) == 1
