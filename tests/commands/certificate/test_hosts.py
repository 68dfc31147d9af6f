"""Several hosts: each is judged by itself, and what one name of an order does to the others is said."""

import pytest

from cards.views import Failure, Notice, Tone
from clients.errors import Unavailable
from clients.public.certificate import Problem
from commands.certificate import retry as cert_retry
from commands.certificate import show as cert
from commands.certificate import wait
from commands.certificate.acme_errors import last_error
from commands.certificate.observations import CertificateCause
from commands.certificate.probe import why_each
from commands.certificate.way_in import MOST_HOSTS, hosts_of
from commands.framework import polling
from tests.world import Doing, World, acme, automatic, certificate, release, words

FIRST, SECOND, THIRD = "hub.example.org", "lab.example.org", "old.example.org"
FALLEN = certificate(Problem.TRAEFIK_DEFAULT, fingerprint="cd" * 32)
URN = "urn:ietf:params:acme:error"


def with_hosts(*hosts):
    made = automatic()
    made.values["proxy"]["https"]["hosts"] = list(hosts)
    return made


def order(*names, **problems):
    """Traefik's line about an order for these names; `problems` by the first label of the name that has them."""
    failed = "".join(
        f"\\n[{name}] acme: error: 403 :: {problems[name.partition('.')[0]]}"
        for name in names
        if name.partition(".")[0] in problems
    )
    error = f"unable to generate a certificate for the domains [{' '.join(names)}]: error: one or more domains had a "
    told = acme.line(f"{error}problem:{failed}\\n")
    listed = ",".join(f'"{one}"' for one in names)
    return told.replace(f'domains=["{acme.HOST}"]', f"domains=[{listed}]")


def nxdomain(host):
    return f"{URN}:dns :: DNS problem: NXDOMAIN looking up A for {host}"


def lost(log="", **further):
    hosts = (FIRST, *further)
    named = {f"{host}.example.org": its for host, its in further.items()}
    world = World(releases=[with_hosts(FIRST, *named)], log=log, further=named)
    assert len(hosts) > 1
    return world


async def shown(world):
    return await cert.run(cert.Args(), world.reads)


def about(view, host):
    return " ".join(line for one in view.sections if getattr(one, "title", "") == host for line in one.lines)


async def test_each_host_is_shown_with_what_is_so_its_cause_and_its_way_out():
    log = order(SECOND, lab=f"{URN}:caa :: CAA record for {SECOND} prevents issuance")
    world = lost(log, lab={"certificate": FALLEN}, old={"certificate": FALLEN, "resolved": ("203.0.113.9",)})
    view = await shown(world)
    assert (view.text, view.tone) == (f"2 of 3 hosts have no good certificate: {SECOND}, {THIRD}.", Tone.BAD)
    assert about(view, FIRST) == "65 days left, issued by R3."
    assert "CAA record" in about(view, SECOND)
    assert f"{THIRD} points to 203.0.113.9 in DNS, but the load balancer is 20.50.2.71" in about(view, THIRD)
    assert f"Point {THIRD} to 20.50.2.71 in DNS" in about(view, THIRD)
    assert "203.0.113.9" not in about(view, SECOND)


async def test_all_hosts_well_is_one_sentence():
    view = await shown(lost(lab={}, old={}))
    assert (view.text, view.tone) == ("All 3 hosts serve a certificate that browsers accept.", Tone.GOOD)
    assert view.buttons == ()


async def test_a_host_that_refuses_the_handshake_is_told_apart_from_one_that_serves():
    gone = Unavailable("the public address", "does not speak TLS correctly")
    view = await shown(lost(acme.QUIET, lab={"certificate": gone}))
    assert "does not speak TLS correctly" in about(view, SECOND)
    assert "65 days left" in about(view, FIRST)


def test_one_bad_name_fails_the_order_and_that_is_said_of_the_others():
    log = order(FIRST, SECOND, lab=nxdomain(SECOND))
    mine, other = last_error(log, FIRST, alone=False), last_error(log, SECOND, alone=False)
    assert (mine.others, mine.names) == ((SECOND,), (FIRST, SECOND))
    assert (other.others, other.type) == ((), "dns")


async def test_which_name_failed_is_named_where_its_order_failed_another():
    log = order(FIRST, SECOND, lab=nxdomain(SECOND))
    world = lost(log, lab={"certificate": FALLEN, "resolved": ()})
    world.certificate = FALLEN
    causes = await why_each(world.reads)
    assert [one.cause for one in causes.values()] == [CertificateCause.ORDER, CertificateCause.DNS]
    told = causes[FIRST]
    assert f"({FIRST}, {SECOND}), and {SECOND} failed" in told.sentence
    assert "for all names of an order or for none" in told.sentence
    assert told.advice[0].startswith(f"Mend {SECOND}")
    assert f"all of {FIRST}, {SECOND} or none" in causes[SECOND].sentence


async def test_what_is_wrong_with_a_host_itself_comes_before_anothers_failure():
    world = lost(order(FIRST, SECOND, lab=nxdomain(SECOND)), lab={"certificate": FALLEN, "resolved": ()})
    world.certificate, world.resolved = FALLEN, ("203.0.113.9",)
    assert (await why_each(world.reads))[FIRST].cause is CertificateCause.DNS


async def test_an_order_for_another_host_says_nothing_of_this_one():
    log = order(SECOND, lab=nxdomain(SECOND))
    world = lost(log, lab={"certificate": FALLEN})
    world.certificate = FALLEN
    assert "does not say why" in (await why_each(world.reads))[FIRST].sentence


async def test_failures_are_counted_host_by_host():
    log = "".join(order(SECOND, lab=nxdomain(SECOND)).replace("08:00:03", f"08:5{n}:00") for n in range(5))
    world = lost(log, lab={"certificate": FALLEN})
    world.certificate = FALLEN
    causes = await why_each(world.reads)
    assert [bool(one.count.until) for one in causes.values()] == [False, True]
    # A restart tries all of them: it would use up an attempt of the host that has none left.
    assert [dict(one.data)["line"] for one in (await shown(world)).buttons] == ["/jhub logs autohttps traefik"]


async def test_a_retry_says_of_which_host_what_is_wrong():
    world = lost(acme.QUIET, lab={"certificate": FALLEN})
    plan = await cert_retry.plan(cert_retry.Args(), world.reads)
    said = cert_retry.preview(plan).consequences[0]
    assert said.startswith(f"The certificates now: {SECOND}: fell back to Traefik's default certificate")
    world.certificate = FALLEN
    plan = await cert_retry.plan(cert_retry.Args(), world.reads)
    assert f"{FIRST}: " in plan.state
    assert f"{SECOND}: " in plan.state


def valued(**sections):
    made = release()
    made.values.update(sections)
    return made


@pytest.mark.parametrize(
    ("live", "hosts"),
    [
        (None, [FIRST]),
        (release(), [FIRST]),
        (with_hosts(SECOND, FIRST, SECOND.upper()), [FIRST, SECOND]),
        (valued(ingress={"enabled": True, "hosts": [FIRST, SECOND, "*.example.org"]}), [FIRST, SECOND]),
        (valued(httpRoute={"enabled": True, "hostnames": [SECOND]}), [FIRST, SECOND]),
        (valued(httpRoute={"enabled": False, "hostnames": [SECOND]}), [FIRST]),
        (with_hosts("not a host", 7, None, "http://x", SECOND), [FIRST, SECOND]),
        (valued(ingress={"enabled": True, "hosts": "hub.example.org"}), [FIRST]),
    ],
)
def test_the_hosts_are_those_of_the_values_and_the_configured_one_is_first(live, hosts):
    assert list(hosts_of(live, FIRST)) == hosts


def test_hosts_have_a_bound():
    assert len(hosts_of(with_hosts(*(f"h{n}.example.org" for n in range(500))), FIRST)) == MOST_HOSTS


async def test_nothing_but_handshakes_is_made_while_all_is_well():
    gone = Unavailable("DNS", "is gone")
    world = lost(lab={})
    world.resolved = world.caa = world.challenge = world.directory = gone
    assert (await shown(world)).tone is Tone.GOOD
    assert "hub@example.com" in words(await shown(world))


@pytest.fixture
def quickly(monkeypatch):
    monkeypatch.setattr(polling, "PACE", 0.01)
    monkeypatch.setattr(wait, "PATIENCE", 0.1)


@pytest.mark.usefixtures("quickly")
async def test_a_retry_waits_for_all_hosts_and_says_which_has_none():
    def heals(world):
        world.further = {}

    log = order(SECOND, lab=nxdomain(SECOND))
    world = lost("", lab={"certificate": FALLEN, "resolved": ()})
    plan = await cert_retry.plan(cert_retry.Args(), world.reads)
    world.restarted = lambda world: setattr(world, "log", log)
    view = await cert_retry.apply(plan, Doing(world))
    assert isinstance(view, Failure)
    assert view.title == f"{SECOND} has no good certificate yet"
    assert f"{SECOND} has no address in DNS" in view.cause
    assert view.now[0].value.startswith(f"{SECOND}: fell back")
    world = lost("", lab={"certificate": FALLEN}, old={"certificate": FALLEN})
    world.restarted = heals
    view = await cert_retry.apply(await cert_retry.plan(cert_retry.Args(), world.reads), Doing(world))
    assert isinstance(view, Notice)
