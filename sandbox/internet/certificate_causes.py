"""The causes that keep a hub from its certificate, and Traefik's log messages for them.

In the words of Traefik 3 (pkg/provider/acme) and of its ACME library lego 4, which passes on what Let's Encrypt
answers: RFC 8555's error types, with Boulder's sentences.
"""

from datetime import datetime, timedelta
from typing import Final

from sandbox.internet.tls import Serving

DIRECTORY: Final = "https://acme-v02.api.letsencrypt.org/directory"
# What Traefik can get no certificate for: it serves its own then.
ISSUING: Final = ("dns", "port80", "ratelimit", "contact", "caa", "acme")
# What is wrong with the certificate that is there.
SERVING: Final = {
    "expired": Serving.EXPIRED,
    "expiring": Serving.EXPIRING,
    "wronghost": Serving.WRONG_HOST,
    "untrusted": Serving.UNTRUSTED,
    "refused": Serving.REFUSED,
}
CAUSES: Final = (*ISSUING, *SERVING)
# What Let's Encrypt takes no contact address in, while the cause is "contact".
FORBIDDEN: Final = "example.org"
# Where the host's name points while the cause is "dns".
ELSEWHERE: Final = "203.0.113.77"
# Let's Encrypt: five certificates for the same names in seven days, one more every 34 hours.
REFILL: Final = timedelta(hours=34)

_ORDER: Final = "acme: error: 429 :: POST :: https://acme-v02.api.letsencrypt.org/acme/new-order"
_ACCOUNT: Final = "acme: error: 400 :: POST :: https://acme-v02.api.letsencrypt.org/acme/new-acct"
_LIMITS: Final = "https://letsencrypt.org/docs/rate-limits/#new-certificates-per-exact-set-of-identifiers"
_URN: Final = "urn:ietf:params:acme:error"


def complaint(cause: str, host: str, address: str, until: datetime) -> str:
    """Return Traefik's message after an attempt that failed because of `cause`, one of ISSUING."""
    error = _error(cause, host, address, until)
    fields = f'acmeCA={DIRECTORY} domains=["{host}"] providerName=default.acme routerName=default@file'
    return f'ERR Unable to obtain ACME certificate for domains error="{error}" {fields} rule=Host(`{host}`)'


def _error(cause: str, host: str, address: str, until: datetime) -> str:
    match cause:
        case "acme":
            return f"cannot get ACME client get directory at '{DIRECTORY}': acme: error: 503 :: GET :: {DIRECTORY} :: "
        case "contact":
            domain = f'contact email has forbidden domain \\"{FORBIDDEN}\\"'
            return (
                f"cannot get ACME client {_ACCOUNT} :: {_URN}:invalidContact :: Error validating contact(s) :: {domain}"
            )
        case "ratelimit":
            issued = "too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s"
            detail = f"{issued}, retry after {until:%Y-%m-%d %H:%M:%S} UTC: see {_LIMITS}"
            return (
                f"unable to generate a certificate for the domains [{host}]: {_ORDER} :: {_URN}:rateLimited :: {detail}"
            )
    problem = _problem(cause, host, address)
    several = "error: one or more domains had a problem:"
    return f"unable to generate a certificate for the domains [{host}]: {several}\\n[{host}] {problem}\\n"


def _problem(cause: str, host: str, address: str) -> str:
    """Return Let's Encrypt's finding about the host itself."""
    page = f"http://{host}/.well-known/acme-challenge/p7Jv0ZQm2sX4cLrTgY1hNeKd8uWbAoFi"
    match cause:
        case "dns":
            return f"acme: error: 403 :: {_URN}:unauthorized :: {ELSEWHERE}: Invalid response from {page}: 404"
        case "caa":
            return f"acme: error: 403 :: {_URN}:caa :: CAA record for {host} prevents issuance"
    timeout = "Timeout during connect (likely firewall problem)"
    return f"acme: error: 400 :: {_URN}:connection :: {address}: Fetching {page}: {timeout}"
