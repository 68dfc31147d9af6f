"""Errors of issuing a certificate, as Traefik logs them: their cause, and Let's Encrypt's words. Pure.

Traefik (2 and 3) writes what its ACME library lego 4 was answered: an error type of RFC 8555 (6.7) and a sentence of
Let's Encrypt's.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from clients.answers import as_moment
from commands.certificate.observations import CertificateCause, Probes, is_behind, points_elsewhere

_REFUSAL: Final = re.compile(r"Unable to obtain ACME certificate|Error renewing certificate|urn:ietf:params:acme:error")
_TYPE: Final = re.compile(
    r"urn:ietf:params:acme:error:(\w+)(?: :: ((?:\\\"|[^\"]){1,400}?))?(?:\\n|, url:|(?<!\\)\"|$)"
)
# Traefik 3 logs `error="…"` (`"error":"…"` as JSON), Traefik 2 puts the error into its message, after the domains in
# quotation marks.
_ERROR: Final = re.compile(r'(?: error="|"error":"|certificate for domains \\?"[^:]{1,300}: )((?:\\"|[^"]){1,800})')
_RETRY_AFTER: Final = re.compile(r"retry after (\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)")
_MOST_WORDS: Final = 240
_LONGEST_LINE: Final = 4_000
# What went wrong with each name of an order, as lego 4 joins it.
_OF_A_NAME: Final = re.compile(r"\[([^\[\]\s]{1,253})\] (?:invalid authorization: )?acme: error")
# The names of an order: Traefik 3's field, lego's list, Traefik 2's words.
_NAMES: Final = (
    re.compile(r"\bdomains\"?[=:]\[([^\[\]]{1,4000})\]"),
    re.compile(r"for the domains \[([^\[\]]{1,4000})\]"),
    re.compile(r"certificate for domains \\?\"([^\"\\]{1,4000})"),
)
# Traefik writes the time itself: what the line begins with, or a field of its text or JSON.
_WRITTEN: Final = re.compile(
    r'(?:^|\btime="|"time":")'
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?)"
)

# The error types of RFC 8555 (6.7) that say it by themselves, and those of a challenge that was not answered well.
_TYPES: Final = {
    "rateLimited": CertificateCause.RATE_LIMIT,
    "caa": CertificateCause.CAA,
    "dns": CertificateCause.DNS,
    "invalidContact": CertificateCause.CONTACT,
    "unsupportedContact": CertificateCause.CONTACT,
    "invalidEmail": CertificateCause.CONTACT,
    "serverInternal": CertificateCause.AUTHORITY,
    "badNonce": CertificateCause.AUTHORITY,
}
_CHALLENGE: Final = "/.well-known/acme-challenge/"
# Of which page Let's Encrypt tells: after redirects, the last.
_ASKED: Final = re.compile(r"(?:Invalid response from|Fetching) (?P<url>https?://[^\s\"]{1,300})")
_LOOP: Final = re.compile("Redirect loop detected|Too many redirects|redirect target")
_ANSWERED: Final = re.compile(r"Invalid response from |key authorization file from the server did not match")
_ACCOUNT: Final = re.compile(
    r"Account is not valid|invalid account URL|Account [^:]{1,300} not found|No such account|exists but is deactivated"
)
# What autohttps itself could not reach: it writes what Go says of a connection.
_EGRESS: Final = re.compile(
    r"(?:get directory at|(?:Get|Post|Head) \\?\"https://).{0,500}?(?:dial tcp|i/o timeout|no such host|connection re"
    r"|proxyconnect|x509|EOF|deadline exceeded|handshake timeout|Client\.Timeout)"
)
# What Boulder says of a question that nobody answered well (bdns/problem.go). NXDOMAIN is an answer.
_NO_ANSWER: Final = re.compile(r"SERVFAIL|REFUSED|timed out|networking error|DNSSEC|NOTIMP|FORMERR")
_REACHING: Final = ("connection", "unauthorized", "tls", "incorrectResponse")


@dataclass(frozen=True)
class AcmeError:
    """The error of the last attempt: its type, Let's Encrypt's words, and the whole line.

    `names` are those of the order, as far as the line has them; `others` are those of them that failed where the host
    asked about did not: an order is for all of its names or for none.
    """

    type: str
    words: str
    line: str
    names: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def last_error(log: str, host: str = "", *, alone: bool = True) -> AcmeError | None:
    """Return the last error in a log, which is the one that counts, or None.

    Of several hosts it is the last that is about an order for `host`; one that is `alone` is what every order is for.
    """
    for line in reversed(_refusals(log)):
        names = _names_in(line)
        if alone or not host or not names or host.lower() in names:
            return _error_in(line, host.lower(), names)
    return None


def _refusals(log: str) -> list[str]:
    return [line[:_LONGEST_LINE] for line in log.splitlines() if _REFUSAL.search(line)]


def _error_in(line: str, host: str, names: tuple[str, ...]) -> AcmeError:
    problems = _problems_in(line)
    others = tuple(one for one in problems if one != host) if host in names and host not in problems else ()
    about = line if others else problems.get(host, line)
    found = _TYPE.search(about)
    kind, words = (found[1], found[2] or "") if found else ("", "")
    return AcmeError(kind, words.replace('\\"', '"').strip()[:_MOST_WORDS], line, names, others)


def _names_in(line: str) -> tuple[str, ...]:
    """Return the names of the order that a line is about, in lower case; none where it does not say."""
    found = " ".join(match[1] for one in _NAMES if (match := one.search(line)))
    names = (name.lower() for name in re.split(r'[\s,"\\]+', found) if name)
    return tuple(dict.fromkeys((*names, *_problems_in(line))))


def _problems_in(line: str) -> dict[str, str]:
    """Return what a line says of each name that failed."""
    found = list(_OF_A_NAME.finditer(line))
    ends = [one.start() for one in found[1:]] + [len(line)] * bool(found)
    return {one[1].lower(): line[one.start() : end] for one, end in zip(found, ends, strict=True)}


def attempts_in(log: str) -> list[tuple[datetime, tuple[str, ...]]]:
    """Return the attempts that failed, with their times: which names Let's Encrypt could not authorise.

    An order that it refused without looking at a name has none. A line without a time is left out.
    """
    found: list[tuple[datetime, tuple[str, ...]]] = []
    for line in _refusals(log):
        written = _WRITTEN.search(line)
        when = as_moment(written[1]) if written else None
        if when is not None:
            found.append((when, tuple(_problems_in(line))))
    return found


def cause_of(error: AcmeError, probes: Probes) -> CertificateCause:
    """Return the cause that the error names; if it leaves that open, the one that was seen."""
    if error.others:
        return CertificateCause.ORDER
    if error.type == "accountDoesNotExist" or _ACCOUNT.search(error.words):
        return CertificateCause.ACCOUNT
    if error.type in _REACHING:
        return _reached(error, probes)
    if error.type == "dns" and " CAA " in error.words:
        return CertificateCause.CAA
    if not error.type and _EGRESS.search(error.line) and probes.directory == "":
        # The bot reaches Let's Encrypt, which says nothing of what autohttps reaches.
        return CertificateCause.EGRESS
    unknown = CertificateCause.AUTHORITY if "get directory at" in error.line else CertificateCause.OTHER
    return _TYPES.get(error.type, unknown)


def _reached(error: AcmeError, probes: Probes) -> CertificateCause:
    """Return the cause by whom Let's Encrypt's challenge reached: nobody, the hub, or where DNS sends everybody."""
    if points_elsewhere(probes) or not _is_asked_at_balancer(error, probes):
        return CertificateCause.DNS
    if redirected_to(error, probes) or _LOOP.search(error.words):
        return CertificateCause.REDIRECTED
    if error.type == "incorrectResponse" or _ANSWERED.search(error.words):
        return CertificateCause.ANSWERED
    # TLS is no part of the challenge: who speaks of it was led elsewhere, and where is not said.
    return CertificateCause.OTHER if error.type in ("unauthorized", "tls") else CertificateCause.PORT_80


def redirected_to(error: AcmeError | None, probes: Probes) -> str:
    """Return where Let's Encrypt was redirected, without what follows a "?"; empty if it was not."""
    found = _ASKED.search(error.words) if error else None
    if found is None:
        return ""
    url = found["url"].rstrip(":,")
    try:
        parts = urlsplit(url)
    except ValueError:
        # No address, such as one with half of a bracket: whoever wrote it was not Let's Encrypt.
        return ""
    own = (parts.scheme, parts.hostname) == ("http", probes.host.lower()) and parts.path.startswith(_CHALLENGE)
    return "" if own else url.partition("?")[0]


def _is_asked_at_balancer(error: AcmeError, probes: Probes) -> bool:
    """Return True if Let's Encrypt asked the load balancer: its words begin with the address it asked.

    A private address is asked by nobody in public: what is in front of it was.
    """
    asked, colon, _ = error.words.partition(": ")
    return not colon or " " in asked or probes.balancer is None or asked in probes.balancer or is_behind(probes)


def is_lookup_failure(error: AcmeError | None) -> bool:
    """Return True if DNS gave Let's Encrypt no answer; one that forbids or misleads is another thing."""
    return bool(error and error.type == "dns" and _NO_ANSWER.search(error.words))


def error_of(error: AcmeError) -> str:
    """Return the error in Traefik's words, for when Let's Encrypt said nothing itself; empty if the line has none."""
    found = _ERROR.search(error.line)
    return found[1].replace('\\"', '"').replace("\\n", " ") if found else ""


def reason_of(error: AcmeError) -> str:
    """Return the reason of a rate limit in Let's Encrypt's words."""
    words = re.split(r",? retry after|: see https", error.words)[0].strip()
    return words or "too many were requested"


def limit_of(error: AcmeError) -> datetime | None:
    """Return when a rate limit ends, or None if the line does not say so."""
    found = _RETRY_AFTER.search(error.line)
    return datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC) if found else None
