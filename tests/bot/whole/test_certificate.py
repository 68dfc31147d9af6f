"""A certificate that is lost and comes back, the whole way: sandbox, watcher, card, Retry, over. Only time is ours."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from bot.alerts import engine
from bot.cli.dev.card_actions import actions
from bot.cli.dev.try_command import Decider, trial
from bot.instrumentation.outcomes import Outcome
from bot.runtime.periodic import Interval
from bot.wiring import application as main
from bot.wiring import command_context as seen
from tests.bot.people import Clock

LOST = "hub.example.org has no certificate that browsers accept"
QUICK = ("--speed", "30", "--users", "5")


@pytest.fixture
def clock(monkeypatch):
    made = Clock(datetime.now(UTC))
    for module in (main, seen):
        monkeypatch.setattr(module, "now", made)
    monkeypatch.setattr(engine, "_ROUNDS", Interval(0.2, first=2.0, at_least=0.1))
    return made


async def set_cause(world, cause, **more):
    url = f"{world.world.ready['azure_url']}/_sandbox/cert"
    async with aiohttp.ClientSession() as http, http.put(url, json={"cause": cause, **more}) as answer:
        assert answer.status == 200, await answer.text()


def shown(world, words):
    """The newest message that says this."""
    said = (json.dumps(one, ensure_ascii=False) for one in reversed(world.teams.activities.values()))
    return next((one for one in said if words in one), None)


async def until(world, clock, words, within=240):
    """Let time pass, half a minute at a time, until this is said."""
    async with asyncio.timeout(within):
        while not (found := shown(world, words)):
            clock.forward(timedelta(seconds=30))
            await asyncio.sleep(0.25)
    return found


async def test_a_lost_certificate_is_told_with_its_cause_and_retry_brings_it_back(clock):
    async with trial(arguments=QUICK) as world:
        operator = world.person("operator")
        assert await world.command(operator, "/jhub alerts here on") is Outcome.DONE
        await set_cause(world, "dns")
        card = await until(world, clock, LOST)
        assert "points to 203.0.113.77 in DNS, but the load balancer is 20.50.2.71" in card
        assert "/jhub cert retry" in card

        assert await world.command(operator, "/jhub cert retry") is Outcome.FAILED
        assert "203.0.113.77" in shown(world, "has no good certificate yet")
        await set_cause(world, "gone")
        assert await world.command(operator, "/jhub cert") is Outcome.ANSWERED
        assert shown(world, "the bot no longer sees that cause")
        assert await world.command(operator, "/jhub cert retry") is Outcome.DONE
        assert shown(world, "hub.example.org has a good certificate")
        await until(world, clock, f"Resolved: {LOST}")
        assert await world.command(operator, "/jhub cert") is Outcome.ANSWERED
        assert shown(world, "TRAEFIK DEFAULT CERT")


async def press(world, person, words, title):
    """Press the button of that name on the newest card that says this; what comes of it."""
    cards = reversed(world.teams.activities.items())
    card, found = next((card, one) for card, one in cards if words in json.dumps(one, ensure_ascii=False))
    button = next(one for one in actions(found) if one["title"] == title)
    return await world.press(person, card, button)


async def test_in_the_demo_the_alerts_own_retry_mends_a_failure_that_has_passed(clock):
    said = []
    async with trial(arguments=QUICK, on_activity=lambda _, one: said.append(json.dumps(one))) as world:
        operator = world.person("operator")
        await world.command(operator, "/jhub alerts here on")
        assert await world.command(operator, "/sandbox break cert") is Outcome.ANSWERED
        assert "a retry gets one" in shown(world, "Broken: cert (passing)")
        card = await until(world, clock, LOST)
        assert (
            "Let's Encrypt did not issue a certificate. That was when autohttps last tried; its directory answers "
            "the bot now." in card
        )

        assert await press(world, operator, LOST, "Retry") is Outcome.DONE
        assert not any("The cause persists" in one for one in said)
        assert shown(world, "hub.example.org has a good certificate")
        await until(world, clock, f"Resolved: {LOST}")
        assert await world.command(operator, "/sandbox status") is Outcome.ANSWERED
        assert shown(world, "Nothing is broken in the sandbox")


async def test_in_the_demo_a_cause_that_stays_fails_each_retry_until_it_is_healed(clock):
    said = []
    async with trial(arguments=QUICK, on_activity=lambda _, one: said.append(json.dumps(one))) as world:
        operator = world.person("operator")
        await world.command(operator, "/jhub alerts here on")
        await world.command(operator, "/sandbox break cert dns")
        assert "a retry fails again" in shown(world, "Broken: cert (dns)")
        assert "no longer sees" not in await until(world, clock, LOST)
        for _ in range(2):
            assert await press(world, operator, LOST, "Retry") is Outcome.FAILED
            assert any("The cause persists: hub.example.org points to 203.0.113.77" in one for one in said)
            assert "203.0.113.77" in shown(world, "has no good certificate yet")
        await world.command(operator, "/sandbox heal cert")
        await until(world, clock, f"Resolved: {LOST}")


async def test_a_contact_address_that_is_refused_is_mended_by_another_one():
    async with trial(arguments=QUICK) as world:
        operator = world.person("operator")
        await world.command(operator, "/sandbox break cert contact")
        assert await world.command(operator, "/jhub cert retry") is Outcome.FAILED
        assert shown(world, "Put an address that receives mail into proxy.https.letsencrypt.contactEmail")
        line = "/jhub config set proxy.https.letsencrypt.contactEmail hub@university.example.edu"
        assert await world.command(operator, line) is Outcome.DONE
        assert await world.command(operator, "/jhub cert retry") is Outcome.DONE
        assert shown(world, "hub.example.org has a good certificate")


async def test_a_reset_takes_a_second_person_and_is_refused_while_the_limit_holds():
    async with trial(arguments=QUICK) as world:
        operator, approver = world.person("operator"), Decider(world.person("approver"), "approve")
        await set_cause(world, "ratelimit")
        assert await world.command(operator, "/jhub cert reset") is Outcome.INVALID
        assert shown(world, "Let's Encrypt issues no certificate for hub.example.org before")
        await set_cause(world, "contact", once=True)
        assert await world.command(operator, "/jhub cert reset", approver) is Outcome.DONE
        assert shown(world, "hub.example.org has a good certificate")
        assert await world.command(operator, "/jhub status") is Outcome.ANSWERED
        assert "revision 4" in list(map(json.dumps, world.teams.activities.values()))[-1]
