import asyncio

import pytest

from tests.bot.house import Bench
from tests.bot.stores import hurried


@pytest.fixture
async def database(tmp_path):
    opened = hurried(f"sqlite:///{tmp_path / 'bot.sqlite'}")
    await asyncio.to_thread(opened.migrate)
    yield opened
    await asyncio.to_thread(opened.close)


@pytest.fixture
async def bench(database):
    made = Bench(database)
    yield made
    await made.memory.crash()
