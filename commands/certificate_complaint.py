"""What Traefik writes when it gets no certificate: whose fault, and in what words. Pure.

Traefik (2 and 3) writes what its ACME library lego 4 was answered: an error type of RFC 8555 (6.7) and a sentence of
Let's Encrypt's.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from commands.certificate_seen import Cause, Probes, points_elsewhere

_COMPLAINT: Final = re.compile(
    r"Unable to obtain ACME certificate|Error renewing certificate|urn:ietf:params:acme:error"
)
_TYPE: Final = re.compile(
    r"urn:ietf:params:acme:error:(\w+)(?: :: ((?:\\\"|[^\"]){1,400}?))?(?:\\n|, url:|(?<!\\)\"|$)"
)
_RETRY_AFTER: Final = re.compile(r"retry after (\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)")
_MOST_WORDS: Final = 240
_LONGEST_LINE: Final = 4_000

# The error types of RFC 8555 (6.7) that say it by themselves, and those of a challenge that was not answered well.
_TYPES: Final = {
    "rateLimited": Cause.RATE_LIMIT,
    "caa": Cause.CAA,
    "dns": Cause.DNS,
    "invalidContact": Cause.CONTACT,
    "unsupportedContact": Cause.CONTACT,
    "invalidEmail": Cause.CONTACT,
    "serverInternal": Cause.AUTHORITY,
    "badNonce": Cause.AUTHORITY,
}
_REACHING: Final = ("connection", "unauthorized", "tls", "incorrectResponse")


@dataclass(frozen=True)
class Complaint:
    """What the last attempt ended with: the error's type, Let's Encrypt's words, and the whole line."""

    type: str
    words: str
    line: str


def complaint_of(log: str) -> Complaint | None:
    """The last one in a log, which is what counts."""
    lines = [line for line in log.splitlines() if _COMPLAINT.search(line)]
    if not lines:
        return None
    line = lines[-1][:_LONGEST_LINE]
    found = _TYPE.search(line)
    kind, words = (found[1], found[2] or "") if found else ("", "")
    return Complaint(kind, words.replace('\\"', '"').strip()[:_MOST_WORDS], line)


def cause_of(complaint: Complaint, seen: Probes) -> Cause:
    """What it complains of; where it leaves that open, by what was seen."""
    if complaint.type in _REACHING:
        # Let's Encrypt came to somebody: to the hub, or to where DNS sends everybody.
        away = points_elsewhere(seen) or not _is_asked_at_balancer(complaint, seen)
        return Cause.DNS if away else Cause.PORT_80
    if complaint.type == "dns" and " CAA " in complaint.words:
        return Cause.CAA
    unknown = Cause.AUTHORITY if "get directory at" in complaint.line else Cause.OTHER
    return _TYPES.get(complaint.type, unknown)


def _is_asked_at_balancer(complaint: Complaint, seen: Probes) -> bool:
    """Whether Let's Encrypt asked the load balancer: its words begin with the address it asked."""
    asked, colon, _ = complaint.words.partition(": ")
    return not colon or " " in asked or seen.balancer is None or asked in seen.balancer


def reason_of(complaint: Complaint) -> str:
    """Why Let's Encrypt limits, in its words."""
    words = re.split(r",? retry after|: see https", complaint.words)[0].strip()
    return words or "too many were requested"


def limit_of(complaint: Complaint) -> datetime | None:
    """When a rate limit ends, where it says so."""
    found = _RETRY_AFTER.search(complaint.line)
    return datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC) if found else None
