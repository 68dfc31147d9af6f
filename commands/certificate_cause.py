"""Why the public host has no good certificate: from Traefik's log and the bot's own probes to one cause. Pure.

Traefik (2 and 3) writes what its ACME library lego was answered: an error type of RFC 8555 and a sentence of Let's
Encrypt's. What the probes find now decides between what a type leaves open, and whether the cause is still there.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from clients.dns import Caa
from commands.moments import minute

RETRY: Final = "/jhub cert retry"
ISSUER: Final = "letsencrypt.org"
_CONTACT: Final = "proxy.https.letsencrypt.contactEmail"
_COMPLAINT: Final = re.compile(
    r"Unable to obtain ACME certificate|Error renewing certificate|urn:ietf:params:acme:error"
)
_TYPE: Final = re.compile(
    r"urn:ietf:params:acme:error:(\w+)(?: :: ((?:\\\"|[^\"]){1,400}?))?(?:\\n|, url:|(?<!\\)\"|$)"
)
_RETRY_AFTER: Final = re.compile(r"retry after (\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)")
_WHEN: Final = re.compile(r"(?:time=\")?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d))")
_MOST_WORDS: Final = 240


class Cause(Enum):
    """What stands between the host and its certificate."""

    OWN = "not from Let's Encrypt"
    STOPPED = "autohttps does not run"
    RATE_LIMIT = "rate limit"
    DNS = "DNS"
    PORT_80 = "port 80"
    CAA = "CAA"
    CONTACT = "contact address"
    AUTHORITY = "Let's Encrypt"
    OTHER = "other"


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
class Probes:
    """What was seen of it. None is what could not be seen; `port80` and `directory` are empty where all is well.

    `automatic` is whether the release gets its certificate from Let's Encrypt by autohttps; `contact` its address for
    that, empty where it has none; `running` whether autohttps does; `log` what Traefik last wrote.
    """

    host: str
    now: datetime
    balancer: tuple[str, ...] | None = None
    resolved: tuple[str, ...] | None = None
    caa: tuple[Caa, ...] | None = None
    port80: str | None = None
    directory: str | None = None
    automatic: bool | None = None
    contact: str | None = None
    running: bool | None = None
    log: str | None = None


@dataclass(frozen=True)
class Explanation:
    """The cause in plain words, and what to do. `until` is when a rate limit ends; `mended` that it is gone by now.

    `line` is what Traefik wrote, for who wants to read it.
    """

    cause: Cause
    sentence: str
    advice: tuple[str, ...]
    until: datetime | None = None
    mended: bool = False
    line: str = ""

    @property
    def is_retried(self) -> bool:
        """Whether starting autohttps anew can help."""
        return self.mended or self.cause not in (Cause.OWN, Cause.RATE_LIMIT)

    def is_limited(self, now: datetime) -> bool:
        """Whether Let's Encrypt has said that it issues nothing now."""
        return self.cause is Cause.RATE_LIMIT and self.until is not None and self.until > now


@dataclass(frozen=True)
class _Complaint:
    """What the last attempt ended with: the error's type, Let's Encrypt's words."""

    type: str
    words: str
    line: str


def explained(seen: Probes) -> Explanation:
    """The one cause that has to be dealt with first."""
    if seen.automatic is False:
        words = "The release does not get its certificate from Let's Encrypt (proxy.https): it is renewed by hand."
        return Explanation(Cause.OWN, words, ("Renew it where it came from, and deploy it.",))
    if seen.running is False:
        return Explanation(Cause.STOPPED, "No pod of autohttps is ready.", ("/jhub pods autohttps says why.",))
    complaint = _complaint(seen.log or "")
    said = _cause(complaint, seen) if complaint else None
    if complaint is not None and said is Cause.RATE_LIMIT:
        return _limited(complaint, seen)
    blocking = next((cause for cause, check in _CHECKS.items() if check(seen)), None)
    if blocking is not None and (said in (None, Cause.OTHER) or (said and _is_gone(said, seen))):
        return _told(blocking, None, seen)
    return _told(said or Cause.OTHER, complaint, seen)


def _told(cause: Cause, complaint: _Complaint | None, seen: Probes) -> Explanation:
    sentence, advice = _WORDS[cause](complaint, seen)
    line = complaint.line if complaint else ""
    if complaint is not None and _is_gone(cause, seen):
        words = f"{sentence} That was when autohttps last tried; it is mended now."
        return Explanation(cause, words, (f"{RETRY} gets a certificate.",), mended=True, line=line)
    return Explanation(cause, sentence, advice, line=line)


def _is_gone(cause: Cause, seen: Probes) -> bool:
    """Whether what the probes see now contradicts what Let's Encrypt said.

    They cannot where port 80 is closed to the world and not to the bot, and where an address is there but refused.
    """
    check = _CHECKS.get(cause)
    return cause not in (Cause.PORT_80, Cause.CONTACT) and check is not None and check(seen) is False


# What Traefik wrote


def _complaint(log: str) -> _Complaint | None:
    lines = [line for line in log.splitlines() if _COMPLAINT.search(line)]
    if not lines:
        return None
    found = _TYPE.search(lines[-1])
    kind, words = (found[1], found[2] or "") if found else ("", "")
    return _Complaint(kind, words.replace('\\"', '"').strip()[:_MOST_WORDS], lines[-1])


def _cause(complaint: _Complaint, seen: Probes) -> Cause:
    if complaint.type in _REACHING:
        # Let's Encrypt came to somebody: to the hub, or to where DNS sends everybody.
        away = _points_elsewhere(seen) or not _is_asked_at_balancer(complaint, seen)
        return Cause.DNS if away else Cause.PORT_80
    if complaint.type == "dns" and " CAA " in complaint.words:
        return Cause.CAA
    unknown = Cause.AUTHORITY if "get directory at" in complaint.line else Cause.OTHER
    return _TYPES.get(complaint.type, unknown)


def _is_asked_at_balancer(complaint: _Complaint, seen: Probes) -> bool:
    """Whether Let's Encrypt asked the load balancer: its words begin with the address it asked."""
    asked, colon, _ = complaint.words.partition(": ")
    return not colon or " " in asked or seen.balancer is None or asked in seen.balancer


def _limited(complaint: _Complaint, seen: Probes) -> Explanation:
    until = _until(complaint)
    if until is not None and until <= seen.now:
        words = f"Let's Encrypt issued nothing more for {seen.host} until {minute(until)}; that is over."
        return Explanation(Cause.RATE_LIMIT, words, (f"{RETRY} gets a certificate.",), until, True, complaint.line)
    when = f" before {minute(until)}" if until else " for now"
    words = f"Let's Encrypt issues no certificate for {seen.host}{when}: {_reason(complaint)}."
    advice = "Nothing makes it end sooner; restarts and resets before then only cost attempts."
    return Explanation(Cause.RATE_LIMIT, words, (advice, f"After that: {RETRY}"), until, False, complaint.line)


def _reason(complaint: _Complaint) -> str:
    words = re.split(r",? retry after|: see https", complaint.words)[0].strip()
    return words or "too many were asked for"


def _until(complaint: _Complaint) -> datetime | None:
    found = _RETRY_AFTER.search(complaint.line)
    return datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC) if found else None


# What the probes see: True where it is the cause, False where it is not, None where nobody can tell


def _points_elsewhere(seen: Probes) -> bool | None:
    if seen.resolved is None:
        return None
    if not seen.resolved:
        return True
    if not seen.balancer or not all(one[0].isdigit() or ":" in one for one in seen.balancer):
        return None
    return not set(seen.resolved) <= set(seen.balancer)


def _is_forbidden(seen: Probes) -> bool | None:
    """RFC 8659: where any record says who may issue, nobody else may; what is critical and unknown forbids."""
    if seen.caa is None:
        return None
    issue = [one.value.partition(";")[0].strip().lower() for one in seen.caa if one.tag == "issue"]
    unknown = any(one.critical and one.tag not in ("issue", "issuewild", "iodef", "issuemail") for one in seen.caa)
    return unknown or (bool(issue) and ISSUER not in issue)


def _has_no_contact(seen: Probes) -> bool | None:
    return None if seen.contact is None else not seen.contact.strip()


def _is_closed(seen: Probes) -> bool | None:
    return None if seen.port80 is None else bool(seen.port80)


def _is_down(seen: Probes) -> bool | None:
    return None if seen.directory is None else bool(seen.directory)


# In the order in which they have to be dealt with.
_CHECKS: Final[Mapping[Cause, Callable[[Probes], bool | None]]] = {
    Cause.CONTACT: _has_no_contact,
    Cause.DNS: _points_elsewhere,
    Cause.CAA: _is_forbidden,
    Cause.PORT_80: _is_closed,
    Cause.AUTHORITY: _is_down,
}


# Words


_Said = tuple[str, tuple[str, ...]]


def _dns(complaint: _Complaint | None, seen: Probes) -> _Said:
    to = " or ".join(seen.balancer or ()) or "the load balancer"
    then = f"Then: {RETRY}"
    if seen.resolved == ():
        words = f"{seen.host} has no address in DNS, so nobody finds it, Let's Encrypt included."
    elif _points_elsewhere(seen):
        points = ", ".join(seen.resolved or ())
        words = (
            f"{seen.host} points to {points} in DNS, but the load balancer is {to}: Let's Encrypt asks the wrong host."
        )
    else:
        words = f"Let's Encrypt did not find the hub by DNS{_quoted(complaint)}."
    return words, (f"Have {seen.host} point to {to} in DNS (its A record; no AAAA that leads elsewhere).", then)


def _port80(complaint: _Complaint | None, seen: Probes) -> _Said:
    words = f"Let's Encrypt does not reach {seen.host} on port 80, where its challenge must be answered"
    own = f"; the bot does not either: {seen.port80}" if seen.port80 else ""
    advice = "Let port 80 through to the load balancer: network security group, firewall, loadBalancerSourceRanges."
    return f"{words}{_quoted(complaint)}{own}.", (advice, f"Then: {RETRY}")


def _caa(complaint: _Complaint | None, seen: Probes) -> _Said:
    issuers = [one for one in seen.caa or () if one.tag == "issue"]
    name = issuers[0].name if issuers else seen.host
    advice = (f"Add to DNS: {name}. CAA 0 issue “{ISSUER}”", f"Then: {RETRY}")
    if not issuers:
        return f"A CAA record in DNS keeps Let's Encrypt from issuing for {seen.host}{_quoted(complaint)}.", advice
    allowed = ", ".join(one.value for one in issuers)
    return f"The CAA record of {name} lets only {allowed} issue certificates, not Let's Encrypt.", advice


def _contact(complaint: _Complaint | None, seen: Probes) -> _Said:
    if _has_no_contact(seen):
        words = f"The release has no contact address for Let's Encrypt ({_CONTACT})."
    else:
        whose = f" {seen.contact}" if seen.contact else ""
        words = f"Let's Encrypt does not take the release's contact address{whose} ({_CONTACT}){_quoted(complaint)}."
    return words, (f"Put an address that receives mail into {_CONTACT} and deploy.", f"Then: {RETRY}")


def _authority(complaint: _Complaint | None, seen: Probes) -> _Said:
    own = seen.directory or "Let's Encrypt did not issue"
    advice = ("letsencrypt.status.io says how long it lasts.", f"Once it works again: {RETRY}")
    return f"{own}{_quoted(complaint)}.", advice


def _other(complaint: _Complaint | None, seen: Probes) -> _Said:
    advice = (f"{RETRY} tries again.", "/jhub logs autohttps traefik shows what Traefik says.")
    if complaint is None:
        what = "cannot be read now" if seen.log is None else "does not say why"
        return f"Traefik has no certificate for {seen.host}; its log {what}.", advice
    return f"Let's Encrypt refused{_quoted(complaint)}.", advice


def _quoted(complaint: _Complaint | None) -> str:
    return f" (“{complaint.words}”)" if complaint and complaint.words else ""


_WORDS: Final[Mapping[Cause, Callable[[_Complaint | None, Probes], _Said]]] = {
    Cause.DNS: _dns,
    Cause.PORT_80: _port80,
    Cause.CAA: _caa,
    Cause.CONTACT: _contact,
    Cause.AUTHORITY: _authority,
    Cause.OTHER: _other,
}
