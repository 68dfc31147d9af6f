"""Each certificate the public endpoint can show, as the bot's own probe sees it by real handshakes."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from clients.errors import Unavailable
from clients.public.certificate import Problem, probe
from sandbox.internet.tls import Certificates, Serving, lifetime

HOST = "hub.example.org"
# What is left of one that is 25 days old, which lasts as long as one of then does.
_LEFT = lifetime(datetime.now(UTC) - timedelta(days=25)).days - 25
PROPER = range(_LEFT - 2, _LEFT + 1)


@pytest.fixture(scope="module")
def certificates():
    return Certificates(HOST)


@pytest.fixture
async def look(certificates, tmp_path):
    trust = tmp_path / "ca.pem"
    trust.write_bytes(certificates.root_pem)

    async def close(_reader, writer):
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(close, "127.0.0.1", 0, ssl=certificates.server_context())
    port = server.sockets[0].getsockname()[1]
    yield lambda: probe(HOST, port, address="127.0.0.1", trust=trust)
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("serving", "problem", "days"),
    [
        (Serving.PROPER, None, PROPER),
        (Serving.EXPIRING, None, range(3, 6)),
        (Serving.EXPIRED, Problem.EXPIRED, range(-4, 0)),
        (Serving.WRONG_HOST, Problem.WRONG_HOST, PROPER),
        (Serving.UNTRUSTED, Problem.UNTRUSTED, PROPER),
        (Serving.TRAEFIK_DEFAULT, Problem.TRAEFIK_DEFAULT, range(363, 366)),
    ],
)
async def test_each_way_to_serve_is_what_it_says(certificates, look, serving, problem, days):
    certificates.switch(serving)
    seen = await look()
    assert seen.problem is problem
    assert seen.days_left(datetime.now(UTC)) in days
    assert seen.traefik_default == (serving is Serving.TRAEFIK_DEFAULT)
    assert (seen.issuer == "Sandbox R3") == (serving not in (Serving.TRAEFIK_DEFAULT, Serving.UNTRUSTED))


@pytest.mark.parametrize(
    ("issued", "days"),
    [("2026-12-01", 90), ("2027-02-09", 90), ("2027-02-10", 64), ("2028-02-15", 64), ("2028-02-16", 45)],
)
def test_certificates_last_as_long_as_those_of_their_day(issued, days):
    assert lifetime(datetime.fromisoformat(f"{issued}T12:00:00+00:00")).days == days


@pytest.mark.parametrize("today", ["2026-12-01", "2027-02-12", "2027-04-20", "2028-02-17", "2028-04-01"])
def test_one_that_is_about_to_end_does_so_whatever_it_lasts(today):
    now = datetime.fromisoformat(f"{today}T12:00:00+00:00")
    made = Certificates(HOST, lambda: now)
    for serving, days in ((Serving.EXPIRING, 5), (Serving.EXPIRED, -2)):
        made.switch(serving)
        begin = made._begin()
        assert begin + lifetime(begin) == now + timedelta(days=days)


async def test_a_switch_counts_for_the_next_connection_and_traefik_makes_a_new_one_each_time(certificates, look):
    seen = []
    for serving in (Serving.PROPER, Serving.TRAEFIK_DEFAULT, Serving.TRAEFIK_DEFAULT, Serving.PROPER):
        certificates.switch(serving)
        seen.append(await look())
    assert [one.problem is None for one in seen] == [True, False, False, True]
    assert len({one.fingerprint for one in seen}) == 4


async def test_a_handshake_can_be_refused(certificates, look):
    certificates.switch(Serving.REFUSED)
    with pytest.raises(Unavailable):
        await look()
    certificates.switch(Serving.PROPER)
    assert (await look()).problem is None


async def test_a_fresh_one_was_issued_just_now(certificates, look):
    certificates.switch(Serving.PROPER, fresh=True)
    assert (await look()).days_left(datetime.now(UTC)) in (89, 90)
