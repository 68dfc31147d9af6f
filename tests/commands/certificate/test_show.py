"""The certificate shown, tried again, begun from scratch: what is planned, refused, done in which order, why not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cards.views import Failure, Notice, Tone
from clients.errors import NotFound, Unavailable
from clients.helm import FailureReason, UpgradeResult
from clients.public.certificate import Problem
from clients.public.dns import Caa
from commands.certificate import reset as cert_reset
from commands.certificate import retry as cert_retry
from commands.certificate import show as cert
from commands.certificate import wait as certificate_wait
from commands.certificate.probe import newest_of
from commands.framework import polling as waiting
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest
from tests.world import NOW, Doing, Helm, World, acme, automatic, certificate, deployment, on_record, pod, words
from tests.world.crash import Died, Fuse, Journal, Mortal, through_crash

FALLEN = certificate(Problem.TRAEFIK_DEFAULT, fingerprint="cd" * 32, issuer="TRAEFIK DEFAULT CERT")
NEW = certificate(days=90, fingerprint="ef" * 32)


def lost(log=acme.ELSEWHERE, **more):
    return World(certificate=FALLEN, releases=[automatic()], log=log, **more)


def heals(world):
    world.certificate, world.log = NEW, acme.QUIET


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(waiting, "PACE", 0.01)
    monkeypatch.setattr(certificate_wait, "PATIENCE", 0.1)


async def shown(world):
    return await cert.run(cert.Args(), world.reads)


def lines(view):
    return [dict(button.data)["line"] for button in view.buttons]


# /jhub cert


async def test_a_good_certificate_is_shown_with_what_was_served_before():
    world = World(releases=[automatic()], served=[on_record(certificate()), on_record(FALLEN, NOW - timedelta(days=1))])
    view = await shown(world)
    assert (view.title, view.text, view.tone) == ("hub.example.org", "65 days left, issued by R3.", Tone.GOOD)
    assert view.buttons == ()
    for told in ("SHA-256 ababababababab", "hub@example.com", "2027-01-27 10:00 UTC", "Traefik's default certificate"):
        assert told in words(view)


async def test_a_lost_one_is_shown_with_its_cause_traefiks_line_and_the_way_out():
    view = await shown(lost(resolved=("203.0.113.9",)))
    assert view.tone is Tone.BAD
    assert "points to 203.0.113.9 in DNS" in words(view)
    assert "urn:ietf:params:acme:error:unauthorized" in words(view)
    assert lines(view) == ["/jhub logs autohttps traefik", "/jhub cert retry", "/jhub cert reset"]


async def test_nothing_useless_is_offered():
    assert lines(await shown(lost(acme.limited()))) == ["/jhub logs autohttps traefik"]
    assert lines(await shown(World(certificate=certificate(days=5)))) == []


async def test_a_host_that_refuses_is_shown_as_such_with_the_cause():
    gone = Unavailable("the public address", "refused the connection")
    view = await shown(World(certificate=gone, releases=[automatic("")], pods=[]))
    assert (view.text, view.tone) == ("The public address refused the connection.", Tone.BAD)
    assert "No pod of autohttps is ready." in words(view)
    assert "Contact" in words(view)


async def test_every_command_says_that_no_host_is_configured():
    world = World(host="")
    for run, args in (
        (cert.run, cert.Args()),
        (cert_retry.plan, cert_retry.Args()),
        (cert_reset.plan, cert_reset.Args()),
    ):
        with pytest.raises(UserError, match=r"public\.host"):
            await run(args, world.reads)


# /jhub cert retry


async def plan_retry(world, **more):
    return await cert_retry.plan(cert_retry.Args(**more), world.reads)


async def test_the_plan_says_what_is_served_and_what_speaks_against_it():
    asked = cert_retry.preview(await plan_retry(lost(acme.limited()), now=True))
    assert "Traefik's default certificate" in asked.consequences[0]
    assert "issues nothing before 2026-11-25 02:54 UTC" in asked.warnings[0]
    assert "The cause persists" in words(cert_retry.preview(await plan_retry(lost(acme.TIMEOUT))))
    assert cert_retry.preview(await plan_retry(lost(acme.CAA))).warnings == ()
    assert "Nothing is wrong" in words(cert_retry.preview(await plan_retry(World())))
    silent = World(certificate=Unavailable("the public address", "refused the connection"))
    assert "refused the connection" in words(cert_retry.preview(await plan_retry(silent)))


async def test_consent_is_bound_to_the_deployment_and_not_to_what_was_served():
    first, second = await plan_retry(lost()), await plan_retry(World())
    assert digest("x", "olu", first) == digest("x", "olu", second)
    other = await plan_retry(World(deployments=[deployment(uid="another")]))
    assert digest("x", "olu", first) != digest("x", "olu", other)


async def test_without_autohttps_there_is_nothing_to_restart():
    with pytest.raises(UserError, match="no deployment autohttps"):
        await plan_retry(World(deployments=[]))


async def test_it_is_restarted_and_the_new_certificate_shown():
    world = lost(restarted=heals)
    view = await cert_retry.apply(await plan_retry(world), Doing(world))
    assert isinstance(view, Notice)
    assert view.title == "hub.example.org has a good certificate"
    assert world.done == ["restart autohttps"]
    assert world.deployments[0].restart == "op-9"


async def test_what_the_new_traefik_says_is_told_at_once():
    def refused(world):
        world.log = acme.TIMEOUT

    world = lost(acme.QUIET, restarted=refused)
    view = await cert_retry.apply(await plan_retry(world), Doing(world))
    assert isinstance(view, Failure)
    assert view.title == "hub.example.org has no good certificate yet"
    assert "port 80" in view.cause
    assert "urn:ietf:params:acme:error:connection" in words(view.sections)


async def test_a_certificate_that_does_not_come_is_waited_for_only_so_long():
    world = lost(acme.QUIET)
    view = await cert_retry.apply(await plan_retry(world), Doing(world))
    assert "its log does not say why" in view.cause


async def test_a_pod_that_does_not_start_is_waited_for_only_so_long():
    def stuck(world):
        world.deployments = [replace(one, is_rolled_out=False) for one in world.deployments]

    world = lost(acme.QUIET, restarted=stuck)
    do = Doing(world)
    assert isinstance(await cert_retry.apply(await plan_retry(world), do), Failure)
    assert ("autohttps is starting …",) in do.told


async def test_a_host_that_answers_late_is_asked_again():
    gone = Unavailable("the public address", "refused the connection")
    world = lost(restarted=lambda world: setattr(world, "certificate", gone))
    view = await cert_retry.apply(await plan_retry(world), Doing(world))
    assert ("Served now", "the public address refused the connection") in [(one.label, one.value) for one in view.now]


async def test_who_stops_waiting_is_told_that_it_was_restarted():
    world = lost(acme.QUIET)
    do = Doing(world)
    do.stop.set()
    view = await cert_retry.apply(await plan_retry(world), do)
    assert "The waiting was stopped; autohttps was restarted nevertheless." in view.cause


async def test_another_deployment_of_that_name_is_left_alone():
    world = lost()
    plan = await plan_retry(world)
    world.deployments = [deployment(uid="another")]
    assert "has been replaced in the meantime" in words(await cert_retry.apply(plan, Doing(world)))
    assert world.deployments[0].restart == ""


async def test_it_is_restarted_once_whenever_the_bot_dies():
    plan = await plan_retry(lost())
    for moment in range(2):
        world = lost(restarted=heals)
        view = await through_crash(cert_retry.apply, plan, world, moment)
        assert view.title == "hub.example.org has a good certificate"
        assert world.done == ["restart autohttps"]


# /jhub cert reset


def upgraded(world):
    """What a good upgrade leaves: autohttps anew, which gets its certificate."""

    def ends():
        world.deployments = [deployment(uid="anew")]
        heals(world)
        return UpgradeResult(True)

    return Helm(ends)


async def plan_reset(world):
    return await cert_reset.plan(cert_reset.Args(), world.reads)


async def test_what_goes_is_deleted_then_helm_makes_it_anew():
    world = lost()
    plan = await plan_reset(world)
    asked = words(cert_reset.preview(plan))
    for told in ("Secret proxy-public-tls-acme", "to revision 4", "5 certificates a week", "Deployment autohttps"):
        assert told.lower() in asked.lower()
    do = Doing(world, upgraded(world))
    view = await cert_reset.apply(plan, do)
    assert view.title == "hub.example.org has a good certificate"
    assert world.done == ["delete_deployment autohttps", "delete_secret proxy-public-tls-acme"]
    assert do.helm.asked[0]["values"] == automatic().values
    assert do.helm.asked[0]["description"] == "Reset the certificate, by Olu Operator"
    assert world.secrets == []


async def test_it_is_refused_while_the_limit_holds():
    for plan in (plan_reset, plan_retry):
        with pytest.raises(UserError, match=r"issues no certificate for hub\.example\.org before 2026-11-25 02:54 UTC"):
            await plan(lost(acme.limited()))
    assert await plan_reset(lost(acme.limited("2026-11-22 02:54:01 UTC")))


async def test_it_is_refused_where_five_were_issued_this_week():
    fresh = [on_record(certificate(days=89, fingerprint=f"{n}" * 64)) for n in range(5)]
    again = on_record(certificate(days=89, fingerprint="0" * 64))
    old = on_record(certificate(days=60, fingerprint="a" * 64))
    with pytest.raises(
        UserError, match=r"5 certificates for exactly hub\.example\.org .* The next try is possible at 2026-11-23 19:36"
    ):
        await plan_reset(lost(served=[*fresh, on_record(FALLEN)]))
    plan = await plan_reset(lost(served=[*fresh[:4], again, old, on_record(FALLEN)]))
    assert plan.issued == 4
    assert "4 were seen" in words(cert_reset.preview(plan))


async def test_it_is_refused_where_no_certificate_comes_by_itself():
    with pytest.raises(UserError, match="no deployment autohttps"):
        await plan_reset(World(deployments=[]))
    with pytest.raises(UserError, match="The live chart is"):
        await plan_reset(lost(chart="4.3.0"))


async def test_one_that_was_begun_and_failed_can_be_gone_on_with():
    world = lost(deployments=[], secrets=[])
    plan = await plan_reset(world)
    assert (plan.deployment_uid, plan.secret_uid) == ("", "")
    assert "Deleted:" not in words(cert_reset.preview(plan))
    assert isinstance(await cert_reset.apply(plan, Doing(world, upgraded(world))), Notice)


async def test_an_upgrade_that_fails_says_how_to_go_on():
    world = lost()
    failed = Helm(lambda: UpgradeResult(False, FailureReason.TIMEOUT, "Helm waited 10 minutes."))
    view = await cert_reset.apply(await plan_reset(world), Doing(world, failed))
    assert isinstance(view, Failure)
    assert view.cause == "Helm waited 10 minutes."
    assert "/jhub cert reset" in words(view.advice)


async def test_nothing_of_another_name_goes():
    world = lost()
    plan = await plan_reset(world)
    world.deployments = [deployment(uid="another")]
    await cert_reset.apply(plan, Doing(world, Helm(lambda: UpgradeResult(False, FailureReason.TIMEOUT, "No."))))
    assert [one.uid for one in world.deployments] == ["another"]


@pytest.mark.parametrize("moment", range(4))
async def test_a_crash_at_any_moment_changes_nothing_of_the_outcome(moment):
    world, journal = lost(), Journal()
    plan = await plan_reset(world)
    with pytest.raises(Died):
        await cert_reset.apply(plan, Mortal(world, upgraded(world), journal=journal, fuse=Fuse(moment)))
    view = await cert_reset.apply(plan, Mortal(world, upgraded(world), journal=journal))
    assert view.title == "hub.example.org has a good certificate"
    assert [one.uid for one in world.deployments] == ["anew"]
    assert world.secrets == []


async def test_no_secret_of_the_values_is_shown():
    world = lost()
    plan = await plan_reset(world)
    said_of_it = words(plan) + words(cert_reset.preview(plan)) + words(await shown(world))
    assert "client-secret" not in said_of_it


async def test_causes_are_told_on_a_failed_retry():
    world = lost(acme.CAA, caa=(Caa("example.org", "issue", "ca.example.net"),))
    view = await cert_retry.apply(await plan_retry(world), Doing(world))
    assert "lets only ca.example.net issue" in view.cause
    assert ("Cause", "CAA") in [(one.label, one.value) for one in view.now]


def test_the_newest_pod_that_is_not_ending_is_the_one_that_is_read():
    pods = [
        pod("old", "autohttps", created=NOW - timedelta(days=3)),
        pod("ending", "autohttps", created=NOW, terminating=True),
        pod("new", "autohttps", created=NOW - timedelta(hours=1)),
    ]
    assert newest_of(pods).name == "new"
    assert newest_of([]) is None


async def test_a_log_that_is_not_there_yet_leaves_the_cause_open():
    view = await shown(lost(NotFound("not started")))
    assert "cannot be read now" in words(view)
