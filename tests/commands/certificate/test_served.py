"""From what the host serves to what is said of it: only Traefik's default certificate says that there is none."""

from datetime import timedelta

import pytest

from bot.alerts.watchers.cert import look
from cards.times import minute
from cards.views import Lines
from clients.errors import Unavailable
from clients.public.certificate import CHECK, NO_TLS, Problem
from commands.certificate import retry as cert_retry
from commands.certificate import show as cert
from commands.certificate.observations import CertificateCause
from commands.certificate.probe import why_each
from tests.world import NOW, World, acme, automatic, certificate, words

HOST, LAB = "hub.example.org", "lab.example.org"
NONE = "Traefik has no certificate"
RETRY, RESET = "/jhub cert retry", "/jhub cert reset"
DEFAULT = certificate(Problem.TRAEFIK_DEFAULT, issuer="TRAEFIK DEFAULT CERT")
ANOTHERS = certificate(Problem.UNTRUSTED, issuer="Somebody's Own CA")
WRONG = certificate(Problem.WRONG_HOST, issuer="Sandbox R3", names=("other.example.net",), host_matches=False)
OWN = certificate(Problem.SELF_SIGNED, issuer="appliance.example.net")
EARLY = certificate(Problem.NOT_YET_VALID, not_before=NOW + timedelta(days=2))
EXPIRED = certificate(Problem.EXPIRED, days=-3)
EXPIRED_ELSEWHERE = certificate(Problem.EXPIRED, days=-3, host_matches=False, names=("other.example.net",))


def silent(what):
    return Unavailable("the public address", what)


BROKEN = silent("broke off the connection")
ELSE = "something other than autohttps may answer there"
UNREAD = "it is not known which one is there"

TABLE = [
    (DEFAULT, CertificateCause.OTHER, f"{NONE} for {HOST}; its log does not say why", True),
    (ANOTHERS, CertificateCause.FOREIGN, f"issued by “Somebody's Own CA” for {HOST}. That is not Traefik's", False),
    (ANOTHERS, CertificateCause.FOREIGN, ELSE, False),
    (WRONG, CertificateCause.FOREIGN, "issued by “Sandbox R3” for other.example.net", False),
    (OWN, CertificateCause.FOREIGN, "issued by itself (self-signed)", False),
    (EXPIRED_ELSEWHERE, CertificateCause.FOREIGN, ELSE, False),
    (EARLY, CertificateCause.CLOCK, "a clock is wrong or another has issued it", False),
    (EXPIRED, CertificateCause.RENEWAL, "Its renewal has failed or does not run; Traefik's log does not say why", True),
    (certificate(days=5), CertificateCause.RENEWAL, "Its renewal has failed or does not run", True),
    (BROKEN, CertificateCause.UNANSWERED, UNREAD, False),
    (silent("refused the connection"), CertificateCause.UNANSWERED, UNREAD, False),
    (silent("did not answer within 5 s"), CertificateCause.UNANSWERED, UNREAD, False),
    (silent(NO_TLS), CertificateCause.OTHER, "Which of them is not known", True),
]


def world(served, log=acme.QUIET, **more):
    return World(certificate=served, releases=[automatic()], log=log, **more)


def reason(view):
    return " ".join(
        line for one in view.sections if isinstance(one, Lines) and one.title == "Why" for line in one.lines
    )


def lines(view):
    return [dict(button.data)["line"] for button in view.buttons]


@pytest.mark.parametrize(("served", "cause", "said", "retried"), TABLE)
async def test_the_card_and_the_alert_say_what_is_served_and_offer_what_helps(served, cause, said, retried):
    there = world(served)
    told = (await why_each(there.reads, {HOST: served}))[HOST]
    card = await cert.run(cert.Args(), there.reads)
    (alert,) = await look(there.reads)
    assert told.cause is cause
    assert said in told.sentence
    assert told.sentence in reason(card)
    assert told.sentence in alert.cause
    for text in (words(card), f"{alert.cause} {alert.advice}"):
        assert (NONE in text) is (served is DEFAULT)
        assert (RETRY in text) is retried
    assert ({RETRY, RESET} <= set(lines(card))) is retried
    assert (RETRY in [dict(one.data)["line"] for one in alert.buttons]) is retried


async def test_since_when_it_has_expired_and_why_it_was_not_renewed_is_said():
    (alert,) = await look(world(EXPIRED, acme.CAA, caa=Unavailable("DNS", "is gone")).reads)
    assert f"It expired on {minute(EXPIRED.not_after)}" in alert.cause
    assert "Its renewal has failed. A CAA record in DNS does not allow" in alert.cause
    card = await cert.run(cert.Args(), world(EXPIRED, acme.CAA, caa=Unavailable("DNS", "is gone")).reads)
    assert card.text == f"Expired on {EXPIRED.not_after:%Y-%m-%d}."
    assert "Its renewal has failed. A CAA record" in reason(card)


async def test_a_log_that_cannot_be_read_is_no_reason():
    told = await why_each(world(EXPIRED, Unavailable("Kubernetes", "is gone")).reads, {HOST: EXPIRED})
    assert told[HOST].sentence.endswith("Traefik's log cannot be read now.")


@pytest.mark.parametrize("served", [ANOTHERS, WRONG, BROKEN])
async def test_a_name_that_leads_elsewhere_explains_what_is_served_there(served):
    told = await why_each(world(served, resolved=("203.0.113.9",)).reads, {HOST: served})
    assert told[HOST].cause is CertificateCause.DNS


async def test_what_traefik_wrote_besides_is_told_and_its_rate_limit_holds():
    told = (await why_each(world(ANOTHERS, acme.limited()).reads, {HOST: ANOTHERS}))[HOST]
    assert told.cause is CertificateCause.FOREIGN
    assert "Besides: Let's Encrypt issues no certificate" in told.sentence
    assert told.is_limited(NOW)


async def test_a_hub_of_which_no_pod_runs_and_another_answers_has_both_said():
    told = (await why_each(world(ANOTHERS, pods=[]).reads, {HOST: ANOTHERS}))[HOST]
    assert ELSE in told.sentence
    assert told.sentence.endswith("Besides: No pod of autohttps is ready.")
    assert (await why_each(world(BROKEN, pods=[]).reads, {HOST: BROKEN}))[HOST].cause is CertificateCause.STOPPED


async def test_a_further_host_that_is_served_the_hubs_own_certificate_can_be_retried():
    live = automatic()
    live.values["proxy"]["https"]["hosts"] = [HOST, LAB]
    wrong = certificate(Problem.WRONG_HOST, names=(HOST,), host_matches=False)
    told = (await why_each(World(releases=[live], log=acme.QUIET).reads, {LAB: wrong}))[LAB]
    assert f"{LAB} is served the certificate of another host, {HOST}" in told.sentence
    assert told.is_retried


async def test_a_retry_warns_that_a_new_order_changes_nothing():
    plan = await cert_retry.plan(cert_retry.Args(), world(ANOTHERS).reads)
    assert any(ELSE in str(one) for one in plan.warnings)


async def test_a_check_that_the_bot_cannot_make_says_nothing_of_the_host():
    cannot = Unavailable(CHECK, "is not possible: the file of trusted authorities cannot be read")
    card = await cert.run(cert.Args(), world(cannot).reads)
    assert "It is the bot's own check that fails" in reason(card)
    assert RETRY not in words(card)
    assert RETRY not in lines(card)


async def test_many_names_and_long_ones_are_bounded():
    many = certificate(
        Problem.WRONG_HOST, names=tuple(f"{'n' * 300}{n}.example.net" for n in range(90)), issuer="i" * 999
    )
    told = (await why_each(world(many).reads, {HOST: many}))[HOST]
    assert " and 85 more" in told.sentence
    assert len(told.sentence) < 1_500
