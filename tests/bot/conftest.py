import asyncio

import pytest

from tests.bot.house import Bench
from tests.bot.stores import fresh


@pytest.fixture
async def database(tmp_path):
    opened = await asyncio.to_thread(fresh, f"sqlite:///{tmp_path / 'bot.sqlite'}")
    yield opened
    await asyncio.to_thread(opened.close)


@pytest.fixture
async def bench(database):
    made = Bench(database)
    yield made
    await made.memory.crash()
