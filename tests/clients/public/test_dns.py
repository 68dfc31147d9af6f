"""What DNS says, asked of a name server of the test's own."""

import asyncio

import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest

from clients.errors import Unavailable
from clients.public.dns import Caa, Resolver

HOST = "hub.example.org"


class Nameserver(asyncio.DatagramProtocol):
    """Answers with the records of `zone` (name, type: texts), a return code for what is not there, or not at all."""

    def __init__(self):
        self.zone, self.rcode, self.silent, self.garbage = {}, dns.rcode.NXDOMAIN, False, False
        self.asked = []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        query = dns.message.from_wire(data)
        name, kind = query.question[0].name.to_text(omit_final_dot=True), query.question[0].rdtype
        self.asked.append((name, dns.rdatatype.to_text(kind)))
        if self.silent:
            return
        answer = dns.message.make_response(query)
        found = self.zone.get((name, dns.rdatatype.to_text(kind)))
        if found:
            answer.answer.append(dns.rrset.from_text_list(query.question[0].name, 60, dns.rdataclass.IN, kind, found))
        elif not any(known == name for known, _ in self.zone):
            answer.set_rcode(self.rcode)
        self.transport.sendto(b"\x00" if self.garbage else answer.to_wire(), addr)


@pytest.fixture
async def nameserver():
    made = Nameserver()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: made, local_addr=("127.0.0.1", 0))
    made.port = transport.get_extra_info("sockname")[1]
    yield made
    transport.close()


@pytest.fixture
def resolver(nameserver):
    return Resolver(f"127.0.0.1:{nameserver.port}", timeout=0.5)


async def test_both_kinds_of_addresses_are_told(nameserver, resolver):
    nameserver.zone = {(HOST, "A"): ["20.50.2.71", "20.50.2.72"], (HOST, "AAAA"): ["2001:db8::1"]}
    assert set(await resolver.addresses(HOST)) == {"20.50.2.71", "20.50.2.72", "2001:db8::1"}


async def test_a_name_that_is_not_there_has_none(resolver):
    assert await resolver.addresses(HOST) == ()


async def test_the_nearest_records_up_the_tree_count(nameserver, resolver):
    nameserver.zone = {
        (HOST, "A"): ["20.50.2.71"],
        ("example.org", "CAA"): ['0 issue "letsencrypt.org"', '128 tbs "x"'],
    }
    found = await resolver.caa(HOST)
    assert set(found) == {
        Caa("example.org", "issue", "letsencrypt.org"),
        Caa("example.org", "tbs", "x", critical=True),
    }
    assert [name for name, _ in nameserver.asked] == [HOST, "example.org"]


async def test_where_nobody_says_who_may_everybody_may(nameserver, resolver):
    assert await resolver.caa(HOST) == ()
    assert [name for name, _ in nameserver.asked] == [HOST, "example.org", "org"]


async def test_silence_is_said_in_time(nameserver, resolver):
    nameserver.silent = True
    with pytest.raises(Unavailable, match="did not answer within"):
        await asyncio.wait_for(resolver.addresses(HOST), 3)


async def test_servers_that_fail_are_not_taken_for_a_name_without_addresses(nameserver, resolver):
    nameserver.rcode = dns.rcode.SERVFAIL
    with pytest.raises(Unavailable):
        await resolver.addresses(HOST)


@pytest.mark.parametrize("host", ["x" * 64 + ".org", "a..b", "a" * 300])
async def test_a_name_that_cannot_be_one_is_refused(resolver, host):
    with pytest.raises(Unavailable):
        await resolver.caa(host)
    with pytest.raises(Unavailable):
        await resolver.addresses(host)


@pytest.mark.parametrize("given", ["dns.example.org:53", "127.0.0.1", "127.0.0.1:x", ":53"])
def test_a_name_server_is_an_address_with_a_port(given):
    with pytest.raises(ValueError, match=r".+"):
        Resolver(given)


def test_one_of_the_other_kind_may_be_given_as_well():
    assert Resolver("[::1]:5353")


async def test_a_machine_without_name_servers_says_so(monkeypatch):
    def nothing(*_args, **_more):
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr("dns.asyncresolver.Resolver.__init__", nothing)
    with pytest.raises(Unavailable, match="no name server is configured"):
        await Resolver().addresses(HOST)
