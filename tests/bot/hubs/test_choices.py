"""Which hub is meant where, and records of further hubs, in a schema of their own."""

import asyncio

from bot.hubs.choices import ChosenHubs
from bot.store.database import Database


async def test_a_further_hubs_records_are_in_a_schema_of_their_own(postgres_url):
    """Two replicas that start together make it once; nothing of one is seen in the other."""
    url = postgres_url.replace("postgresql:", "postgresql+psycopg:")
    first, again, further = (Database(url, schema) for schema in ("", "jhub_bot_test", "jhub_bot_test"))
    try:
        await asyncio.gather(*(asyncio.to_thread(one.migrate) for one in (first, again, further)))
        await ChosenHubs(further).choose("19:room", "test")
        assert await ChosenHubs(again).all() == {"19:room": "test"}
        assert await ChosenHubs(first).all() == {}
    finally:
        for one in (first, again, further):
            one.close()
