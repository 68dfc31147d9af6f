"""`/jhub config migrate`: convert the hub's values to the form of a chart: `auth:` to `hub.config`, and others."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from cards.views import Button, Fact, Facts, Failure, Lines, Notice, Plan, Tone, typing
from clients.errors import Conflict, Rejected, Unavailable
from clients.values import Author
from commands.chart.check import shift_lines
from commands.chart.migration import Migration, converted_base, converted_stored_values, migration
from commands.framework.command import Arg, Change, Consent, Level, Steps, Topic
from commands.framework.effects import Effects
from commands.framework.plan_digest import digest_values
from commands.ports.context import Reads
from commands.release.arguments import ChartVersion
from commands.rollout.release_state import release_facts, stop_advice
from commands.rollout.upgrade import Upgrade, Upgraded, own_revision, upgrade
from commands.values.base import store_title, stored_values, with_fallback
from commands.values.draft import differences
from commands.values.release_effects import OF_VALUES


@dataclass(frozen=True)
class Args:
    """The arguments: the chart version."""

    version: Annotated[
        ChartVersion | None, Arg("the chart version to convert to; the newest if not given", "4.4.0")
    ] = None


async def plan(args: Args, reads: Reads) -> Migration:
    """Plan which values move and which are set."""
    return await migration(str(args.version or ""), reads)


def preview(plan: Migration) -> Plan:
    """Return the requester's preview: values that move are not shown, be they secret or not."""
    moves = [one for one in plan.shifts if one.old]
    return Plan(
        f"Convert the values to the form of chart {plan.there}",
        "",
        plan.differences,
        (*_consequences(plan), "Only the values named here change; secrets are moved without being shown."),
        plan.warnings,
        "Convert them now?",
        (Lines(shift_lines(moves), "What moves"),) if moves else (),
    )


def _consequences(plan: Migration) -> tuple[str, ...]:
    lines = [f"They are stored in {plan.place}; comments and order stay."] if plan.in_file else []
    if plan.with_chart:
        lines.append(
            f"The live chart {plan.here} does not accept this form, so chart {plan.there} is deployed with it."
        )
    elif plan.chart and plan.in_file:
        lines.append("A secret moves that only the release has; it is deployed at once so that it is not lost.")
    if plan.chart:
        lines.append(f"Becomes revision {plan.revision + 1} of {plan.release}, with chart {plan.chart}.")
        lines.append("The hub restarts: nobody can log in or start a server for about a minute.")
    else:
        lines.append("Nothing is deployed now; the next deployment uses them.")
    return tuple(lines)


async def apply(plan: Migration, do: Steps) -> Notice | Failure:
    """Have helm deploy the values if that is needed, then store them."""
    if plan.chart:
        what = _upgrade(plan)
        ended = await do.step(f"Upgrade to revision {plan.revision + 1}", deploy_converted, plan, do)
        if not ended.result.ok:
            return await _failed(plan, ended, do)
        unwritten = await _store_converted(plan, do, f"They are live, but not stored in {plan.place}: ")
        return await _done(plan, unwritten, what, do)
    await do.step(store_title(plan.place), save_converted, plan, do)
    return await _done(plan, "", None, do)


def _upgrade(plan: Migration) -> Upgrade:
    return Upgrade(plan.release, plan.revision, plan.chart, f"Convert the values to the form of chart {plan.there}")


async def deploy_converted(plan: Migration, do: Steps) -> Upgraded:
    """Have helm deploy the values in their new form, as a step's action. Raise Conflict if they have changed."""
    stored, what = await stored_values(do.reads), _upgrade(plan)
    start = with_fallback(stored.values, stored.extra)
    if digest_values(start) != plan.values_digest and await own_revision(what, do) is None:
        raise Conflict("Somebody else has changed the values in the meantime.")
    return await upgrade(what, converted_base(stored, plan.here, plan.there).values, do)


async def _store_converted(plan: Migration, do: Steps, but: str) -> str:
    """Store the values as a step. Return why that failed; empty if it succeeded or was not needed."""
    if not plan.in_file:
        return ""
    try:
        await do.step(store_title(plan.place), save_converted, plan, do)
    except (Conflict, Rejected, Unavailable) as error:
        return f"{but}{error}"
    return ""


async def save_converted(plan: Migration, do: Steps) -> str:
    """Store the values in their new form, as a step's action. Return their version; what is so already stays.

    A secret in the file moves within it; none is added. Raise Conflict, Rejected, Unavailable.
    """
    written = await do.reads.values.written()
    if written is None:
        return plan.written
    live = await do.reads.releases.deployed() if plan.chart else None
    changes = differences(written.values, converted_stored_values(plan, written.values, live.values if live else {}))
    author = Author(do.caller.name, do.caller.object_id)
    message = _upgrade(plan).description
    return await do.writes.values.save(
        changes, base=written.version, author=author, message=message, operation=do.operation
    )


async def _done(plan: Migration, unwritten: str, what: Upgrade | None, do: Steps) -> Notice:
    text = "" if what else "Nothing was deployed yet. "
    facts = await _now(do) if what else (Fact("Stored in", plan.place),)
    title = f"The values have the form of chart {plan.there}"
    more = () if plan.with_chart or plan.here == plan.there else _next(plan)
    return Notice(
        title,
        f"{text}{unwritten}".strip(),
        Tone.WARNING if unwritten else Tone.GOOD,
        (Facts(facts), Lines(shift_lines(plan.shifts), "What was changed")),
        more,
    )


def _next(plan: Migration) -> tuple[Button, ...]:
    check = (typing("Check the upgrade", f"/jhub upgrade check {plan.there}"),) if plan.here else ()
    return (*check, typing("Preview the deployment", f"/jhub deploy --chart {plan.there} --dry-run"))


async def _failed(plan: Migration, ended: Upgraded, do: Steps) -> Failure:
    newest = await do.reads.releases.current()
    now = await _now(do)
    if do.stopping and ended.result.cancelled:
        return Failure("Converting the values was stopped", "Helm was asked to stop and did.", now, stop_advice(newest))
    advice = ("/jhub pods shows what is not ready.", f"Nothing was stored in {plan.place}." if plan.in_file else "")
    return Failure("The values were not changed", ended.result.message, now, tuple(filter(None, advice)))


async def _now(do: Steps) -> tuple[Fact, ...]:
    newest, live, pods = await asyncio.gather(
        do.reads.releases.current(), do.reads.releases.deployed(), do.reads.kube.pods()
    )
    return (Fact("Chart", live.chart.version if live else "—"), *release_facts(newest, live, pods, do.reads))


COMMAND = Change(
    "config migrate",
    "Convert the hub's values to the form that a chart version expects.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=Effects(may=OF_VALUES, of=lambda plan: plan.impacts),
    button="Migrate the values",
    consent=Consent.CALLER,
    details="Moves what charts have renamed (`auth:` to `hub.config`, pull secrets and others) and keeps the homes' "
    "names. If it does not understand a value, it names it and changes nothing. Running it twice is harmless.",
    topic=Topic.RELEASES,
    rank=15,
)
