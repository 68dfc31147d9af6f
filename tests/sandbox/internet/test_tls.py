"""Each certificate the public endpoint can show, as the bot's own probe sees it by real handshakes."""

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest

from clients.errors import Unavailable
from clients.public.certificate import Problem, probe
from sandbox.internet.tls import Certificates, Serving

HOST = "hub.example.org"


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
        (Serving.PROPER, None, range(60, 66)),
        (Serving.EXPIRING, None, range(3, 6)),
        (Serving.EXPIRED, Problem.EXPIRED, range(-4, 0)),
        (Serving.WRONG_HOST, Problem.WRONG_HOST, range(60, 66)),
        (Serving.UNTRUSTED, Problem.UNTRUSTED, range(60, 66)),
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
