"""The watcher of the certificate: what it finds, how bad that is, what it offers; it looks no further than it must."""

from datetime import timedelta

import pytest

from bot.alerts.finding import Severity
from bot.alerts.grouping import grouped
from bot.alerts.watchers import watchers
from bot.alerts.watchers.cert import WATCHER, judge, look
from clients.errors import Unavailable
from clients.public.certificate import CHECK, NO_TLS, Problem
from commands.certificate.cause import Explanation, explain
from commands.certificate.observations import CertificateCause
from tests.commands.certificate.test_cause import WELL, why
from tests.world import NOW, World, acme, automatic, certificate, release

HOST = "hub.example.org"
DNS = why(resolved=("203.0.113.9",))
SILENT = explain(WELL)


def lines(finding):
    return [dict(button.data).get("line") for button in finding.buttons]


def test_it_is_one_of_the_watchers():
    assert WATCHER in watchers()


def test_a_good_certificate_is_nothing_to_tell():
    assert judge(HOST, certificate(), None, NOW) == []


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (Problem.TRAEFIK_DEFAULT, "It fell back to Traefik's default certificate"),
        (Problem.SELF_SIGNED, "It is self-signed"),
        (Problem.UNTRUSTED, "It is issued by R3, which no browser trusts."),
        (Problem.WRONG_HOST, "It is issued for another host"),
        (Problem.NOT_YET_VALID, "It is not valid yet"),
    ],
)
def test_what_browsers_refuse_is_critical(problem, words):
    (found,) = judge(HOST, certificate(problem), DNS, NOW)
    assert (found.key, found.severity) == (f"certificate {HOST}", Severity.CRITICAL)
    assert found.cause.startswith(words)
    assert "203.0.113.9" in found.cause
    assert lines(found) == ["/jhub logs autohttps traefik", "/jhub cert retry", "/jhub cert reset"]


@pytest.mark.parametrize(
    ("days", "severity"),
    [(22, None), (21, None), (20, Severity.NOTE), (8, Severity.NOTE), (6, Severity.WARNING), (1, Severity.CRITICAL)],
)
def test_an_end_that_comes_nearer_is_told_ever_more_urgently(days, severity):
    found = judge(HOST, certificate(days=days), SILENT, NOW)
    assert [one.severity for one in found] == ([severity] if severity else [])
    assert {one.key for one in found} <= {f"expiry {HOST}"}


def test_an_end_is_the_same_trouble_from_first_to_last():
    soon, over = certificate(days=5), certificate(Problem.EXPIRED, days=-1)
    (first,), (last,) = judge(HOST, soon, SILENT, NOW), judge(HOST, over, SILENT, NOW)
    assert first.key == last.key
    assert last.title == f"The certificate of {HOST} has expired"
    assert last.severity is Severity.CRITICAL


@pytest.mark.parametrize(("days", "severity"), [(3, None), (1, Severity.NOTE)])
def test_a_certificate_of_six_days_is_measured_in_proportion(days, severity):
    left = timedelta(days=days)
    brief = certificate(not_before=NOW - timedelta(days=6) + left, not_after=NOW + left)
    assert [one.severity for one in judge(HOST, brief, None, NOW)] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("life", "days", "severity"),
    [
        *((64, 15, None), (64, 14, Severity.NOTE), (64, 4, Severity.WARNING), (64, 1, Severity.CRITICAL)),
        *((45, 11, None), (45, 10, Severity.NOTE), (45, 3, Severity.WARNING), (45, 0.5, Severity.CRITICAL)),
        # Half of its life is left: not due, though it is less than 30 days.
        (45, 22, None),
        (365, 22, None),
    ],
)
def test_a_certificate_is_measured_by_its_own_lifetime(life, days, severity):
    end = NOW + timedelta(days=days)
    shorter = certificate(not_before=end - timedelta(days=life), not_after=end)
    assert [one.severity for one in judge(HOST, shorter, None, NOW)] == ([severity] if severity else [])


async def test_several_hosts_with_the_same_trouble_are_one_alert_that_names_them():
    live = automatic()
    lab, old, new = (f"{one}.example.org" for one in ("lab", "old", "new"))
    live.values["proxy"]["https"]["hosts"] = [HOST, lab, old, new]
    fallen = {"certificate": certificate(Problem.TRAEFIK_DEFAULT)}
    further = {lab: fallen, new: fallen, old: fallen | {"resolved": ("203.0.113.9",)}}
    world = World(releases=[live], further=further, log=acme.QUIET)
    found = list(await look(world.reads))
    assert [one.subjects for one in found] == [(lab,), (old,), (new,)]
    several, other = grouped(found)
    assert several.title == "2 hosts have no certificate that browsers accept"
    assert several.subjects == (lab, new)
    assert other.title == f"{old} has no certificate that browsers accept"
    assert "203.0.113.9" in other.cause
    # Each host's own: what another serves is not the configured one's.
    assert [one.fingerprint[:2] for one in world.served] == ["ab"]


def test_a_handshake_that_traefik_refuses_has_the_cause_of_the_missing_certificate():
    error = Unavailable("the public address", NO_TLS)
    (found,) = judge(HOST, error, why(log=acme.CAA, caa=None), NOW)
    assert "CAA" in found.cause


def test_why_it_was_not_renewed_is_told_if_known():
    (found,) = judge(HOST, certificate(days=5), why(log=acme.TIMEOUT), NOW)
    assert "port 80" in found.cause
    (found,) = judge(HOST, certificate(days=5), SILENT, NOW)
    assert found.cause.endswith("has not been renewed.")


def test_nothing_is_offered_that_a_rate_limit_makes_useless():
    (found,) = judge(HOST, certificate(Problem.TRAEFIK_DEFAULT), why(log=acme.limited()), NOW)
    assert lines(found) == ["/jhub logs autohttps traefik"]
    assert ("Rate-limited until", "2026-11-25 02:54 UTC") in [(fact.label, fact.value) for fact in found.facts]
    (found,) = judge(HOST, certificate(Problem.TRAEFIK_DEFAULT), why(log=acme.limited("2026-11-22 00:00:00")), NOW)
    assert "/jhub cert retry" in lines(found)


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (DNS, "203.0.113.9"),
        (why(running=False), "No pod of autohttps is ready."),
        (why(log=acme.CAA), ""),
        (None, ""),
    ],
)
def test_a_refused_handshake_is_told_as_what_it_is(cause, words):
    error = Unavailable("the public address", "refused the connection")
    (found,) = judge(HOST, error, cause, NOW)
    assert (found.key, found.severity) == (f"no https {HOST}", Severity.CRITICAL)
    assert found.cause == f"The public address refused the connection. {words}".strip() or words in found.cause
    assert "CAA" not in found.cause


def test_no_finding_changes_while_nothing_else_does():
    seen = [
        judge(HOST, certificate(Problem.TRAEFIK_DEFAULT), why(log=acme.CAA), NOW + timedelta(minutes=n)) for n in (0, 9)
    ]
    assert seen[0] == seen[1]


async def test_it_looks_and_notes_each_change_once():
    world = World()
    assert list(await look(world.reads)) == []
    world.certificate = certificate(Problem.TRAEFIK_DEFAULT, fingerprint="cd" * 32)
    world.log, world.resolved, world.releases = acme.ELSEWHERE, ("203.0.113.9",), [automatic()]
    for _ in range(3):
        (found,) = await look(world.reads)
    assert "203.0.113.9" in found.cause
    assert [one.fingerprint[:2] for one in world.served] == ["cd", "ab"]


async def test_while_all_is_well_nothing_else_is_asked():
    gone = Unavailable("DNS", "is gone")
    world = World(resolved=gone, caa=gone, challenge=gone, directory=gone, balancer=gone, log=gone, pods=gone)
    assert list(await look(world.reads)) == []


async def test_what_does_not_answer_leaves_the_rest():
    gone = Unavailable("DNS", "is gone")
    world = World(certificate=certificate(Problem.TRAEFIK_DEFAULT), resolved=gone, caa=gone, balancer=gone)
    world.releases = [automatic()]
    world.log = acme.TIMEOUT
    (found,) = await look(world.reads)
    assert "port 80" in found.cause
    world.pods = Unavailable("Kubernetes", "is gone")
    (found,) = await look(world.reads)
    assert "its log cannot be read now" in found.cause


async def test_without_a_public_host_there_is_nothing_to_watch():
    assert await look(World(host="", certificate=Unavailable("The public address", "is not configured")).reads) == ()


def test_an_explanation_without_a_line_is_a_cause_all_the_same():
    (found,) = judge(HOST, certificate(days=5), Explanation(CertificateCause.CAA, "The CAA record.", ("x",)), NOW)
    assert "The CAA record." in found.cause


async def test_a_certificate_made_by_hand_is_not_looked_for_at_lets_encrypt():
    world = World(certificate=certificate(days=5), releases=[release()], pods=[])
    (found,) = await look(world.reads)
    assert "it is renewed by hand" in found.cause
    assert lines(found) == ["/jhub cert"]
    world.releases = [automatic()]
    (found,) = await look(world.reads)
    assert "No pod of autohttps is ready." in found.cause


async def test_what_the_bot_cannot_check_says_nothing_of_the_host():
    with pytest.raises(Unavailable, match="check of certificates"):
        await look(World(certificate=Unavailable(CHECK, "is not possible")).reads)
