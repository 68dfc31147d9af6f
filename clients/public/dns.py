"""Addresses of a name, and its certification authority authorization, queried by DNS.

CAA records by RFC 8659: those of the nearest name up the tree that has any count.
"""

import asyncio
import ipaddress
from dataclasses import dataclass
from typing import Final

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from clients.errors import Unavailable
from clients.instrumentation import call

SYSTEM: Final = "DNS"
_CRITICAL: Final = 128


@dataclass(frozen=True)
class Caa:
    """A CAA record: with the `tag` "issue", `value` names an authority that may issue; `name` is the record's owner."""

    name: str
    tag: str
    value: str
    critical: bool = False


class Resolver:
    """A resolver by the system's name servers, or the one given as "address:port".

    Each answer takes `timeout` s at most. Every method raises Unavailable when DNS does not answer, and for a name that
    cannot be one.
    """

    def __init__(self, nameserver: str = "", *, timeout: float = 5.0) -> None:
        """Raise ValueError for a name server that is no address with a port."""
        self._nameserver = _address(nameserver) if nameserver else None
        self._timeout = timeout

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Return the host's addresses (IPv4 first), through any aliases; none where the name does not exist."""
        resolver = self._resolver()
        both = await asyncio.gather(*(self._ask(resolver, host, kind) for kind in ("A", "AAAA")))
        return tuple(record.to_text() for answer in both for record in answer)

    async def caa(self, host: str) -> tuple[Caa, ...]:
        """Return the CAA records that apply to the host; none where every authority may issue."""
        resolver, name = self._resolver(), _name(host)
        while len(name) > 1:
            records = await self._ask(resolver, name.to_text(), "CAA")
            if records:
                return tuple(_caa(record, name) for record in records)
            name = name.parent()
        return ()

    def _resolver(self) -> dns.asyncresolver.Resolver:
        # A new one each time: what it remembers of /etc/resolv.conf would outlive a change there.
        try:
            made = dns.asyncresolver.Resolver(configure=self._nameserver is None)
        except dns.exception.DNSException as error:
            raise Unavailable(SYSTEM, "cannot be queried: no name server is configured on this machine") from error
        if self._nameserver is not None:
            address, port = self._nameserver
            made.nameservers, made.port = [address], port
        made.lifetime = self._timeout
        return made

    async def _ask(self, resolver: dns.asyncresolver.Resolver, host: str, kind: str) -> list[dns.rdata.Rdata]:
        try:
            with call("dns", kind) as made:
                answer = await resolver.resolve(host, kind, raise_on_no_answer=False, search=False)
                made.code = "ok"
        except dns.resolver.NXDOMAIN:
            return []
        except dns.resolver.NoNameservers as error:
            raise Unavailable(SYSTEM, f"fails: the name servers of {host} do not answer as they should") from error
        except dns.exception.Timeout as error:
            raise Unavailable(SYSTEM, f"did not answer within {self._timeout:g} s") from error
        except (dns.exception.DNSException, OSError) as error:
            raise Unavailable(SYSTEM, "returned an answer that cannot be used") from error
        return list(answer.rrset or ())


def _name(host: str) -> dns.name.Name:
    try:
        return dns.name.from_text(host)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise Unavailable(SYSTEM, "cannot be queried: the host's name is not a valid DNS name") from error


def _caa(record: dns.rdata.Rdata, name: dns.name.Name) -> Caa:
    flags, tag, value = record.flags, record.tag, record.value  # type: ignore[attr-defined] # CAA's, by its kind
    return Caa(
        name=name.to_text(omit_final_dot=True),
        tag=tag.decode("ascii", "replace").lower(),
        value=value.decode("utf-8", "replace"),
        critical=bool(flags & _CRITICAL),
    )


def _address(nameserver: str) -> tuple[str, int]:
    host, _, port = nameserver.rpartition(":")
    address = str(ipaddress.ip_address(host.strip("[]")))
    return address, int(port)
