"""Errors of issuing a certificate, as Traefik logs them: their cause, and Let's Encrypt's words. Pure.

Traefik (2 and 3) writes what its ACME library lego 4 was answered: an error type of RFC 8555 (6.7) and a sentence of
Let's Encrypt's.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from commands.certificate.observations import CertificateCause, Probes, is_behind, points_elsewhere

_REFUSAL: Final = re.compile(r"Unable to obtain ACME certificate|Error renewing certificate|urn:ietf:params:acme:error")
_TYPE: Final = re.compile(
    r"urn:ietf:params:acme:error:(\w+)(?: :: ((?:\\\"|[^\"]){1,400}?))?(?:\\n|, url:|(?<!\\)\"|$)"
)
# Traefik 3 logs `error="…"`, Traefik 2 puts the error into its message, after the domains in quotation marks.
_ERROR: Final = re.compile(r'(?: error="|certificate for domains \\?"[^:]{1,300}: )((?:\\"|[^"]){1,800})')
_RETRY_AFTER: Final = re.compile(r"retry after (\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)")
_MOST_WORDS: Final = 240
_LONGEST_LINE: Final = 4_000

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
    """The error of the last attempt: its type, Let's Encrypt's words, and the whole line."""

    type: str
    words: str
    line: str


def last_error(log: str) -> AcmeError | None:
    """Return the last error in a log, which is the one that counts, or None."""
    lines = [line for line in log.splitlines() if _REFUSAL.search(line)]
    if not lines:
        return None
    line = lines[-1][:_LONGEST_LINE]
    found = _TYPE.search(line)
    kind, words = (found[1], found[2] or "") if found else ("", "")
    return AcmeError(kind, words.replace('\\"', '"').strip()[:_MOST_WORDS], line)


def cause_of(error: AcmeError, probes: Probes) -> CertificateCause:
    """Return the cause that the error names; if it leaves that open, the one that was seen."""
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
    parts = urlsplit(url)
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
