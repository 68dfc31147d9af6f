"""Each way to a destructive effect, made from the catalogue and from the values that are watched: none is for one.

CHAOS_WAYS says how many are tried (all by `make chaos`); what was seen is in build/alone.json.
"""

import collections
import json
import os
import random
from pathlib import Path

import pytest
import yaml

from bot.changes.model import State
from bot.cli.dev.try_command import Decider, trial
from bot.instrumentation.outcomes import Outcome
from commands.framework.command import Change
from commands.framework.effects import Effect
from commands.framework.registry import catalogue
from commands.framework.usage import example, quoted
from commands.values.effects import value_effects, watched
from tests.bot.whole.test_effects import WAYS as KNOWN
from tests.commands.values.test_effects import SERIOUS

MANY = int(os.environ.get("CHAOS_WAYS", "16"))
SEED = 20261130
FIGURES = Path(__file__).parents[2] / "build" / "alone.json"
GRAVE = {Effect.DELETES_DATA, Effect.RUNS_CODE, Effect.CHANGES_ACCESS}

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900 + MANY * 20)]

# What the stars of a pattern may stand for: names that z2jh has, or takes, there.
_STARS = {
    "hub.config.*Spawner": "hub.config.KubeSpawner",
    "hub.config.*Authenticator*": "hub.config.GenericOAuthenticator.client_id",
    "hub.config.*OAuth*": "hub.config.GenericOAuthenticator.token_url",
    "hub.config.*.*": "hub.config.Server.whatever",
    "hub.services.*": "hub.services.helper",
    "proxy.*.": "proxy.traefik.",
    "*.*.*.image": "scheduling.userScheduler.image",
    "*.*.image": "proxy.chp.image",
    "*.image": "hub.image",
}
# Tried one after another until the chart takes one; of what has no such value, its parts are among the serious ones.
_VALUES = (["x"], "x", True, False, 7, {"x": "y"}, {"x": {"y": "z"}}, [{"name": "x"}], {"enabled": True})
# Culling deletes homes where it deletes users, and may be set alone where it does not.
_CULLING = {"enabled": True, "users": True, "adminUsers": True}
_SECONDS = 60


def ways():
    """What is typed, in turn until one is taken, and the effect that it has."""
    for effect, patterns in watched().items():
        for pattern in patterns:
            if pattern.startswith("cull."):
                name = pattern.partition(".")[2]
                yield [_set("cull", {name: _SECONDS} | _CULLING)], effect
            else:
                path = _named(pattern)
                values = [value for value in _VALUES if effect in _effects(path, value)]
                # Of some only certain values do it: those are among the serious ones.
                if values:
                    yield [_set(path, value) for value in values], effect
    for path, value, effect in SERIOUS:
        yield [_set(path, value)], effect
    for line, _ in KNOWN:
        yield [line], None
    for command in catalogue():
        if isinstance(command, Change) and command.effects.always:
            yield [example(command).removeprefix("/jhub ")], command.effects.always[0]


def _effects(path, value):
    made = value
    for name in reversed(path.split(".")):
        made = {name: made}
    return {one.effect for one in value_effects({}, made)}


def _set(path, value):
    written = yaml.safe_dump(value, default_flow_style=True, width=10_000).removesuffix("\n").removesuffix("\n...")
    # What is no text of one word is read as YAML where it stands bare.
    return f"config set {path} {written if isinstance(value, dict | list) else quoted(written)}"


def _named(pattern):
    for stars, names in _STARS.items():
        pattern = pattern.replace(stars, names, 1)
    return pattern.replace("*", "x")


async def test_no_way_to_what_destroys_is_walked_alone():
    chosen = list(ways())
    random.Random(SEED).shuffle(chosen)  # noqa: S311 - a sample, not a secret
    seen, problems, refused = collections.Counter(), [], []
    async with trial() as world:
        for lines, effect in chosen[:MANY]:
            ended = await _alone(world, lines, effect, problems)
            seen[ended] += 1
            if ended == "refused":
                refused.append(lines[0])
    told = {"ways": seen.total(), "of": len(chosen), "ended": dict(seen), "refused": refused, "problems": problems}
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps(told, indent=2, ensure_ascii=False), encoding="utf-8")
    assert problems == []
    assert seen["waits for another person"] >= seen.total() // 2


async def _alone(world, lines, effect, problems):
    """What one operator reaches who presses whatever there is to press; then an admin who calls it an emergency."""
    operator, admin = world.person("operator"), world.person("admin")
    for line in lines:
        outcome = await world.command(operator, f"/jhub {line}", Decider(operator, "approve"))
        waiting = [one for one in await world.bot.first.changes.open() if one.state is State.WAITING]
        if outcome is None and len(waiting) == 1 and waiting[0].needed and not waiting[0].votes:
            await world.command(operator, f"/jhub cancel {waiting[0].id[:8]}")
            if effect in GRAVE:
                said = await world.command(admin, f'/jhub {line} --emergency "at once"', Decider(admin, "approve"))
                if said is not Outcome.INVALID:
                    problems.append(f"{line}, as an emergency: {said}")
            return "waits for another person"
        if outcome is not Outcome.INVALID:
            problems.append(f"{line}: {outcome}, {waiting}")
            return "not held"
    return "refused"
