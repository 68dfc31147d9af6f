import asyncio

import pytest

from bot.store.database import Database
from tests.bot.house import Bench


@pytest.fixture
async def database(tmp_path):
    opened = Database(f"sqlite:///{tmp_path / 'bot.sqlite'}")
    await asyncio.to_thread(opened.migrate)
    yield opened
    await asyncio.to_thread(opened.close)


@pytest.fixture
async def bench(database):
    made = Bench(database)
    yield made
    await made.memory.crash()
