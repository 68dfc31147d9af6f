"""What Traefik writes when Let's Encrypt refuses: in the forms of Traefik 2 and 3 and of lego 4."""

HOST = "hub.example.org"
DIRECTORY = "https://acme-v02.api.letsencrypt.org/directory"
_URN = "urn:ietf:params:acme:error"
PAGE = f"http://{HOST}/.well-known/acme-challenge/abc"


def line(error):
    """As Traefik 3 logs it."""
    rest = f'acmeCA={DIRECTORY} domains=["{HOST}"] providerName=default.acme routerName=default@file'
    return f'2026-11-23T08:00:03Z ERR Unable to obtain ACME certificate for domains error="{error}" {rest}\n'


def domain(problem):
    """As lego puts a problem with one of the names."""
    several = "error: one or more domains had a problem:"
    return f"unable to generate a certificate for the domains [{HOST}]: {several}\\n[{HOST}] {problem}\\n"


def limited(until="2026-11-25 02:54:01 UTC", words="too many certificates (5) already issued for this exact set"):
    order = "acme: error: 429 :: POST :: https://acme-v02.api.letsencrypt.org/acme/new-order"
    detail = f"{words} of identifiers in the last 168h0m0s, retry after {until}: see https://letsencrypt.org/docs/x"
    return line(f"unable to generate a certificate for the domains [{HOST}]: {order} :: {_URN}:rateLimited :: {detail}")


def challenge(words, kind="unauthorized", asked="20.50.2.71"):
    """As Let's Encrypt tells of a challenge that was not answered well; `asked` is the address that it asked."""
    status = 400 if kind == "connection" else 403
    return line(domain(f"acme: error: {status} :: {_URN}:{kind} :: {asked}: {words}"))


def order(kind, words):
    """As Let's Encrypt refuses an order."""
    new = "acme: error: 400 :: POST :: https://acme-v02.api.letsencrypt.org/acme/new-order"
    return line(f"unable to generate a certificate for the domains [{HOST}]: {new} :: {_URN}:{kind} :: {words}")


TIMEOUT = line(
    domain(f"acme: error: 400 :: {_URN}:connection :: 20.50.2.71: Fetching {PAGE}: Timeout during connect, firewall?")
)
ELSEWHERE = line(domain(f"acme: error: 403 :: {_URN}:unauthorized :: 203.0.113.9: Invalid response from {PAGE}: 404"))
NO_NAME = line(domain(f"acme: error: 400 :: {_URN}:dns :: DNS problem: NXDOMAIN looking up A for {HOST}"))
CAA = line(domain(f"acme: error: 403 :: {_URN}:caa :: CAA record for {HOST} prevents issuance"))
CAA_FAILS = line(domain(f"acme: error: 400 :: {_URN}:dns :: DNS problem: SERVFAIL looking up CAA for {HOST}"))
CONTACT = line(
    "cannot get ACME client acme: error: 400 :: POST :: https://acme-v02.api.letsencrypt.org/acme/new-acct :: "
    f'{_URN}:invalidContact :: Error validating contact(s) :: contact email has forbidden domain \\"example.org\\"'
)
DOWN = line(f"cannot get ACME client get directory at '{DIRECTORY}': Get \\\"{DIRECTORY}\\\": dial tcp: i/o timeout")
INTERNAL = order("serverInternal", "The service is down for maintenance")
STRANGE = line(domain(f"acme: error: 400 :: {_URN}:rejectedIdentifier :: The server will not issue for it"))
# As Traefik 2 logs it.
OLD = (
    f'time="2026-11-23T08:00:03Z" level=error msg="Unable to obtain ACME certificate for domains \\"{HOST}\\": unable '
    f"to generate a certificate for the domains [{HOST}]: error: one or more domains had a problem:\\n[{HOST}] acme: "
    f'error: 400 :: {_URN}:connection :: Connection refused\\n" providerName=default.acme routerName=default@file\n'
)
QUIET = "2026-11-23T08:00:00Z INF Starting provider *acme.Provider\n"
