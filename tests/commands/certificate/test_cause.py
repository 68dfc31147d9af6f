"""From what Traefik wrote and what the probes see to one cause: each alone, together, and against each other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from clients.public.dns import Caa
from commands.certificate import show as cert
from commands.certificate.cause import explain
from commands.certificate.observations import CertificateCause, Probes
from tests.world import acme

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BALANCER = ("20.50.2.71",)
WELL = Probes(
    host=acme.HOST,
    now=NOW,
    balancer=BALANCER,
    resolved=BALANCER,
    caa=(),
    port80="",
    directory="",
    contact="hub@example.com",
    running=True,
    log=acme.QUIET,
)
BLIND = Probes(acme.HOST, NOW)
OTHERS = (Caa("example.org", "issue", "ca.example.net"),)


def why(seen=WELL, **more):
    return explain(replace(seen, **more))


@pytest.mark.parametrize(
    ("log", "cause", "words"),
    [
        (acme.TIMEOUT, CertificateCause.PORT_80, "cannot reach hub.example.org on port 80"),
        (acme.OLD, CertificateCause.PORT_80, "“Connection refused”"),
        (acme.ELSEWHERE, CertificateCause.DNS, "203.0.113.9"),
        (acme.NO_NAME, CertificateCause.DNS, "NXDOMAIN"),
        (acme.CAA, CertificateCause.CAA, "does not allow Let's Encrypt to issue"),
        (acme.CAA_FAILS, CertificateCause.CAA, "SERVFAIL"),
        (acme.CONTACT, CertificateCause.CONTACT, 'forbidden domain "example.org"'),
        (acme.DOWN, CertificateCause.AUTHORITY, "did not issue"),
        (acme.limited(), CertificateCause.RATE_LIMIT, "before 2026-11-25 02:54 UTC: too many certificates (5)"),
        (acme.STRANGE, CertificateCause.OTHER, "The server will not issue for it"),
    ],
)
def test_what_traefik_wrote_is_enough_where_nothing_else_can_be_seen(log, cause, words):
    told = why(BLIND, log=acme.QUIET + log, balancer=BALANCER)
    assert told.cause is cause
    assert words in told.sentence
    assert told.line == log.strip()
    assert not told.is_over
    assert any("/jhub cert retry" in line for line in told.advice)


@pytest.mark.parametrize(
    ("seen", "cause", "words"),
    [
        (
            {"resolved": ("203.0.113.9",)},
            CertificateCause.DNS,
            "points to 203.0.113.9 in DNS, but the load balancer is 20.50.2.71",
        ),
        ({"resolved": ("20.50.2.71", "2001:db8::1")}, CertificateCause.DNS, "2001:db8::1"),
        ({"resolved": ()}, CertificateCause.DNS, "has no address in DNS"),
        ({"caa": OTHERS}, CertificateCause.CAA, "The CAA record of example.org lets only ca.example.net issue"),
        (
            {"caa": (Caa("example.org", "tbs", "x", critical=True),)},
            CertificateCause.CAA,
            "does not allow Let's Encrypt",
        ),
        (
            {"port80": "port 80 broke off the connection"},
            CertificateCause.PORT_80,
            "neither can the bot: port 80 broke off",
        ),
        ({"directory": "Let's Encrypt answers with 503"}, CertificateCause.AUTHORITY, "answers with 503"),
        ({"contact": ""}, CertificateCause.CONTACT, "no contact address"),
    ],
)
def test_what_the_probes_see_is_enough_where_traefik_says_nothing(seen, cause, words):
    for log in (acme.QUIET, None):
        told = why(log=log, **seen)
        assert (told.cause, told.is_over, told.line) == (cause, False, "")
        assert words in told.sentence


@pytest.mark.parametrize(
    "caa",
    [
        (Caa("example.org", "issue", "letsencrypt.org"),),
        (Caa("example.org", "issue", " LetsEncrypt.org ; validationmethods=http-01"), *OTHERS),
        (Caa("example.org", "iodef", "mailto:a@example.org", critical=True),),
        (Caa("example.org", "issuewild", ";"),),
    ],
)
def test_records_that_let_lets_encrypt_issue_are_no_cause(caa):
    assert why(caa=caa).cause is CertificateCause.OTHER


def test_a_challenge_that_failed_is_dns_where_the_name_leads_elsewhere_now():
    told = why(log=acme.TIMEOUT, resolved=("203.0.113.9",))
    assert told.cause is CertificateCause.DNS
    assert "203.0.113.9" in told.sentence


@pytest.mark.parametrize("log", [acme.ELSEWHERE, acme.NO_NAME, acme.CAA])
def test_a_cause_that_is_gone_is_said_to_be(log):
    told = why(log=log)
    assert told.is_over
    assert "the bot no longer sees that cause" in told.sentence
    assert told.advice == ("/jhub cert retry tries again.",)


def test_that_lets_encrypt_answers_the_bot_is_told_and_no_promise():
    told = why(log=acme.INTERNAL)
    assert "its directory answers the bot now" in told.sentence
    assert (told.is_over, told.is_retried, told.advice) == (False, True, ("/jhub cert retry tries again.",))
    assert "answers the bot now" not in why(log=acme.INTERNAL, directory="Let's Encrypt cannot be reached").sentence


@pytest.mark.parametrize("log", [acme.TIMEOUT, acme.CONTACT, acme.DOWN, acme.INTERNAL])
def test_what_cannot_be_seen_from_here_is_never_said_to_be_mended(log):
    assert not why(log=log).is_over


@pytest.mark.parametrize(
    ("source", "log", "cause", "words", "advice"),
    [
        (
            "z2jh #2601, #1888, berkeley datahub #3259",
            acme.challenge(f"Invalid response from {acme.PAGE}: 404"),
            CertificateCause.ANSWERED,
            "reaches hub.example.org on port 80, but it is not autohttps that answers there",
            "what else serves port 80",
        ),
        (
            "Boulder before 2022",
            acme.challenge(f'Invalid response from {acme.PAGE} [20.50.2.71]: \\"<html>nginx\\"'),
            CertificateCause.ANSWERED,
            "it is not autohttps that answers",
            "tries again",
        ),
        (
            "another ACME client on the same address",
            acme.challenge("The key authorization file from the server did not match this challenge."),
            CertificateCause.ANSWERED,
            "did not match this challenge",
            "what else serves port 80",
        ),
        (
            "z2jh #2601",
            acme.challenge(f'Invalid response from https://{acme.HOST}/hub/login?next=: \\"<!DOCTYPE HTML>\\"'),
            CertificateCause.REDIRECTED,
            "redirects Let's Encrypt’s challenge to https://hub.example.org/hub/login before",
            "Exempt",
        ),
        (
            "an ingress with ssl-redirect",
            acme.challenge(f"Fetching {acme.PAGE.replace('http:', 'https:')}: Connection refused", "connection"),
            CertificateCause.REDIRECTED,
            "redirects",
            "Exempt",
        ),
        (
            "a login in front of all",
            acme.challenge("Invalid response from https://login.example.net/common/oauth2?x=1: 200"),
            CertificateCause.REDIRECTED,
            "to https://login.example.net/common/oauth2 before",
            "Exempt",
        ),
        (
            "two proxies that redirect to each other",
            acme.challenge(f"Fetching {acme.PAGE}: Redirect loop detected", "connection"),
            CertificateCause.REDIRECTED,
            "redirects Let's Encrypt’s challenge before it is answered",
            "Exempt",
        ),
        (
            "traefik #3416",
            acme.order(
                "accountDoesNotExist", 'Account \\"https://acme-v02.api.letsencrypt.org/acme/acct/1\\" not found'
            ),
            CertificateCause.ACCOUNT,
            "no longer accepts the account",
            "/jhub cert reset",
        ),
        (
            "Boulder, of an account that was deactivated",
            acme.order("unauthorized", 'Account is not valid, has status \\"deactivated\\"'),
            CertificateCause.ACCOUNT,
            "no longer accepts the account",
            "/jhub cert reset",
        ),
        (
            "Boulder, of staging's account in production",
            acme.order("malformed", "KeyID header contained an invalid account URL"),
            CertificateCause.ACCOUNT,
            "no longer accepts the account",
            "/jhub cert reset",
        ),
        ("traefik #9809, #750", acme.DOWN, CertificateCause.EGRESS, "although the bot can", "(egress)"),
        (
            "a proxy on the way",
            acme.line(f"cannot get ACME client get directory at '{acme.DIRECTORY}': proxyconnect tcp: EOF"),
            CertificateCause.EGRESS,
            "proxyconnect tcp: EOF",
            "(egress)",
        ),
        (
            "the order alone is blocked",
            acme.line(
                "unable to generate a certificate for the domains [hub.example.org]: Post "
                '\\"https://acme-v02.api.letsencrypt.org/acme/new-order\\": context deadline exceeded'
            ),
            CertificateCause.EGRESS,
            "context deadline exceeded",
            "(egress)",
        ),
        (
            "an authorisation that is refused for a reason of its own",
            acme.challenge("No TXT record found at _acme-challenge.hub.example.org"),
            CertificateCause.OTHER,
            "No TXT record found at",
            "tries again",
        ),
        (
            "nothing that anybody knows",
            acme.line("unable to generate a certificate for the domains [hub.example.org]: nonce jar is empty"),
            CertificateCause.OTHER,
            "It says: “unable to generate a certificate for the domains [hub.example.org]: nonce jar is empty”",
            "tries again",
        ),
    ],
)
def test_who_answered_and_who_could_not_be_reached_are_told_apart(source, log, cause, words, advice):
    told = why(log=log)
    assert (told.cause, told.is_over) == (cause, False), source
    assert words in told.sentence
    assert any(advice in line for line in told.advice)
    assert not any("Let port 80 through" in line for line in told.advice)


@pytest.mark.parametrize("balancer", ["10.1.24.200", "172.16.9.1", "192.168.0.4", "100.64.1.1", "fd00::7"])
def test_a_private_address_is_no_advice_for_a_public_name(balancer):
    log = acme.challenge(f"Fetching {acme.PAGE}: Connection refused", "connection", "84.88.63.129")
    told = why(log=log, balancer=(balancer,), resolved=("84.88.63.129",))
    assert told.cause is CertificateCause.PORT_80
    assert "has a private address: something between (NAT, a firewall) is in the way" in told.sentence
    assert told.advice[0] == f"Let what is in front of the load balancer (NAT, firewall) pass port 80 on to {balancer}."
    assert why(balancer=(balancer,), resolved=("84.88.63.129",)).cause is CertificateCause.OTHER
    nowhere = why(balancer=(balancer,), resolved=())
    assert "the public address that leads to the load balancer" in nowhere.advice[0]


def test_where_the_bot_does_not_reach_lets_encrypt_either_it_is_not_autohttps():
    assert why(log=acme.DOWN, directory="Let's Encrypt cannot be reached").cause is CertificateCause.AUTHORITY
    assert why(log=acme.DOWN, directory=None).cause is CertificateCause.AUTHORITY


def test_a_retry_is_not_offered_with_an_account_that_is_not_accepted():
    told = why(log=acme.order("accountDoesNotExist", "No such account"))
    assert not told.is_retried
    assert [one.title for one in cert._buttons([told])] == ["Show log", "Reset the certificate"]


def test_one_that_is_gone_gives_way_to_one_that_is_there():
    told = why(log=acme.CAA, resolved=("203.0.113.9",))
    assert (told.cause, told.is_over) == (CertificateCause.DNS, False)


def test_the_last_complaint_counts():
    assert why(log=acme.CONTACT + acme.TIMEOUT + acme.QUIET).cause is CertificateCause.PORT_80


@pytest.mark.parametrize(
    ("until", "limited"),
    [("2026-11-25 02:54:01 UTC", True), ("2026-11-25T02:54:01Z", True), ("2026-11-23 08:59:00", False)],
)
def test_a_rate_limit_ends(until, limited):
    told = why(log=acme.limited(until))
    assert told.is_limited(NOW) is limited
    assert told.is_over is not limited
    assert not told.is_limited(NOW + timedelta(days=3))


def test_a_rate_limit_without_an_end_is_one_all_the_same():
    told = why(log=acme.limited("soon"))
    assert (told.cause, told.until, told.is_limited(NOW)) == (CertificateCause.RATE_LIMIT, None, False)
    assert "for now" in told.sentence


def test_nobody_is_left_without_a_word():
    assert "does not say why" in why().sentence
    assert "cannot be read now" in explain(BLIND).sentence
    stopped = why(running=False, log=None, resolved=())
    assert (stopped.cause, stopped.sentence) == (CertificateCause.STOPPED, "No pod of autohttps is ready.")


def test_a_load_balancer_that_is_a_name_is_not_compared():
    assert why(balancer=("lb.example.net",), resolved=("203.0.113.9",)).cause is CertificateCause.OTHER
    assert why(balancer=(), resolved=("203.0.113.9",)).cause is CertificateCause.OTHER


@pytest.mark.parametrize(
    "noise",
    [
        acme.challenge("Invalid response from http://[: 404"),
        "urn:ietf:params:acme:error:",
        "x" * 100_000 + " urn:ietf:params:acme:error:caa ::",
        "\x00\ud7ff",
    ],
)
def test_any_log_is_survived(noise):
    told = why(log=noise)
    assert len(told.sentence) < 1_000
    assert len(told.line) <= 4_000
