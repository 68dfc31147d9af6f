"""The name server of the hub's domain: where the host points, and who may issue certificates for it (CAA)."""

import asyncio
from typing import Final, cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from sandbox.internet.acme import Issuance

_TTL: Final = 60
_FORBIDDING: Final = '0 issue "ca.example.net"'


class Nameserver(asyncio.DatagramProtocol):
    """A name server over UDP: the host, by the state of `issuance`, and its parent domains; no other name exists."""

    def __init__(self, host: str, issuance: Issuance) -> None:
        self._host = dns.name.from_text(host)
        self._issuance = issuance

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers go through."""
        # Python 3.11's is none by its class, only by what it can do.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a question; anything else is ignored."""
        try:
            query = dns.message.from_wire(data)
            answer = self._answer(query)
        except (dns.exception.DNSException, IndexError):
            return
        self._transport.sendto(answer.to_wire(), addr)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        question = query.question[0]
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA
        if not self._host.is_subdomain(question.name):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif question.name == self._host:
            answer.answer += self._records(question.rdtype)
        return answer

    def _records(self, wanted: dns.rdatatype.RdataType) -> list[dns.rrset.RRset]:
        forbidden = self._issuance.cause == "caa"
        records = {
            dns.rdatatype.A: [self._issuance.resolved],
            dns.rdatatype.CAA: [_FORBIDDING] if forbidden else [],
        }.get(wanted, [])
        return [dns.rrset.from_text_list(self._host, _TTL, dns.rdataclass.IN, wanted, records)] if records else []


async def listening(nameserver: Nameserver, host: str) -> tuple[asyncio.DatagramTransport, int]:
    """Listen on a free port. Return the transport, to be closed, and the port."""
    made, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: nameserver, local_addr=(host, 0))
    return made, int(made.get_extra_info("sockname")[1])
