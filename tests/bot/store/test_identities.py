"""Who is behind the names of the hub's users: kept once, and forgotten with the name, on both kinds of database."""

from datetime import timedelta

import pytest

from bot.store.database import Database
from bot.store.identities import Identities
from commands.ports.entra import Identity
from tests.world import NOW

ADA, BOB = "ada@example.org", "bob@example.org"


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request, tmp_path):
    sqlite = request.param == "sqlite"
    database = Database(f"sqlite:///{tmp_path / 'bot.sqlite'}" if sqlite else request.getfixturevalue("postgres_url"))
    database.migrate()
    yield Identities(database)
    database.close()


async def test_they_are_kept_by_name_in_any_case(kept):
    await kept.keep([Identity("Ada@Example.org", "id-1", NOW)], ["Ada@Example.org"])
    assert await kept.known() == {ADA: Identity(ADA, "id-1", NOW)}


async def test_the_first_id_behind_a_name_stays(kept):
    await kept.keep([Identity(ADA, "id-1", NOW)], [ADA])
    await kept.keep([Identity(ADA, "id-2", NOW)], [ADA])
    assert (await kept.known())[ADA].object_id == "id-1"


async def test_nobody_becomes_somebody_once_the_directory_knows(kept):
    later = NOW + timedelta(days=1)
    await kept.keep([Identity(ADA, "", NOW)], [ADA])
    await kept.keep([Identity(ADA, "", later)], [ADA])
    assert (await kept.known())[ADA].looked == later
    await kept.keep([Identity(ADA, "id-1", later)], [ADA])
    assert (await kept.known())[ADA].object_id == "id-1"


async def test_who_is_no_user_any_more_is_forgotten(kept):
    await kept.keep([Identity(ADA, "id-1", NOW), Identity(BOB, "id-2", NOW)], [ADA, BOB])
    await kept.keep([], [BOB])
    assert set(await kept.known()) == {BOB}
    await kept.keep([Identity("stranger@example.org", "id-3", NOW)], [BOB])
    assert set(await kept.known()) == {BOB}


async def test_thousands_are_kept_at_once(kept):
    many = [Identity(f"u{number}@example.org", f"id-{number}", NOW) for number in range(5000)]
    await kept.keep(many, [one.name for one in many])
    assert len(await kept.known()) == 5000
