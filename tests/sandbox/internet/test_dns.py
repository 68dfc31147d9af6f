"""The name server of the hub's domain: what it knows, what nobody knows, and what is no question."""

import asyncio

import dns.asyncquery
import dns.message
import dns.rcode
import pytest

from sandbox.internet.dns import Nameserver, listening


class Story:
    cause = ""
    resolved = "20.50.2.71"


@pytest.fixture
async def ask():
    story = Story()
    transport, port = await listening(Nameserver("hub.example.org", story), "127.0.0.1")

    async def asked(name, kind, cause=""):
        story.cause = cause
        query = dns.message.make_query(name, kind)
        answer = await dns.asyncquery.udp(query, "127.0.0.1", port=port, timeout=2)
        return answer.rcode(), [record.to_text() for one in answer.answer for record in one]

    asked.port = port
    yield asked
    transport.close()


async def test_the_host_and_what_is_above_it_exist_and_nothing_else(ask):
    assert await ask("hub.example.org", "A") == (dns.rcode.NOERROR, ["20.50.2.71"])
    assert await ask("HUB.example.ORG", "A") == (dns.rcode.NOERROR, ["20.50.2.71"])
    assert await ask("hub.example.org", "AAAA") == (dns.rcode.NOERROR, [])
    assert await ask("example.org", "CAA") == (dns.rcode.NOERROR, [])
    for name in ("other.example.org", "example.com", "x.hub.example.org"):
        assert await ask(name, "A") == (dns.rcode.NXDOMAIN, [])


async def test_who_may_issue_is_said_while_that_is_the_cause(ask):
    assert await ask("hub.example.org", "CAA") == (dns.rcode.NOERROR, [])
    assert await ask("hub.example.org", "CAA", "caa") == (dns.rcode.NOERROR, ['0 issue "ca.example.net"'])


async def test_what_is_no_question_is_not_answered_and_does_no_harm(ask):
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=("127.0.0.1", ask.port))
    for noise in (b"", b"\x00" * 11, b"\xff" * 40, dns.message.Message().to_wire()):
        transport.sendto(noise)
    transport.close()
    assert await ask("hub.example.org", "A") == (dns.rcode.NOERROR, ["20.50.2.71"])
