"""What the public host has served: each change once, the newest first, on both kinds of database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.store.certificate_history import CertificateHistory
from bot.store.database import Database
from clients.public.certificate import Problem
from tests.world import NOW, certificate, on_record

GOOD = certificate()
FALLEN = certificate(Problem.TRAEFIK_DEFAULT, fingerprint="cd" * 32)


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request, tmp_path):
    sqlite = request.param == "sqlite"
    database = Database(f"sqlite:///{tmp_path / 'bot.sqlite'}" if sqlite else request.getfixturevalue("postgres_url"))
    database.migrate()
    yield CertificateHistory(database)
    database.close()


async def test_a_change_is_kept_once_and_read_as_it_was(kept):
    assert await kept.recent() == []
    assert await kept.record(GOOD, NOW)
    for minutes in range(1, 4):
        assert not await kept.record(replace(GOOD, trusted=False), NOW + timedelta(minutes=minutes))
    later = NOW + timedelta(hours=1)
    assert await kept.record(FALLEN, later)
    assert await kept.recent() == [on_record(FALLEN, later), on_record(GOOD, NOW)]


async def test_one_that_comes_back_is_a_change(kept):
    for number, one in enumerate((GOOD, FALLEN, GOOD)):
        assert await kept.record(one, NOW + timedelta(minutes=number))
    assert [one.fingerprint[:2] for one in await kept.recent(2)] == ["ab", "cd"]


async def test_what_is_older_than_a_year_and_a_month_goes(kept):
    await kept.record(GOOD, NOW - timedelta(days=401))
    await kept.record(FALLEN, NOW - timedelta(days=399))
    await kept.record(GOOD, NOW)
    assert [one.fingerprint[:2] for one in await kept.recent()] == ["ab", "cd"]
