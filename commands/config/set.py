"""`/jhub config set`: set one of the hub's Helm values, that is, store and deploy it.

In a file it is stored first: that is where it has to last, and if somebody else has changed the file meanwhile, or it
cannot be written, nothing has been deployed yet. If helm then fails, the card says that the value is stored but not
live.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from cards.views import Button, Difference, Fact, Facts, Failure, Lines, Notice, Plan, Tone, typing
from clients.errors import Rejected, Unavailable
from commands.config.arguments import NewValue, SettablePath
from commands.config.set_plan import SetPlan, plan_setting
from commands.framework.command import Arg, Change, Consent, Level, Steps, Topic
from commands.framework.effects import Effects
from commands.framework.usage import line_of
from commands.ports.context import Reads
from commands.release.pending import restore_notice
from commands.rollout.passed_tests import check_passed
from commands.rollout.release_state import readiness_warning, release_facts, stop_advice
from commands.rollout.upgrade import Upgrade, Upgraded, upgrade_with_changes
from commands.values.base import save_changes, store_title
from commands.values.code_changes import code_sections, with_code
from commands.values.diff import ValueDifference
from commands.values.release_effects import OF_VALUES

_BREAK: Final = "\n"


@dataclass(frozen=True)
class Args:
    """The arguments: the path and the new value."""

    path: Annotated[SettablePath, Arg("the value's path", "singleuser.memory.limit")]
    value: Annotated[NewValue, Arg("the value as YAML: 8G, true, null, [a, b]", "8G")]


async def plan(args: Args, reads: Reads) -> SetPlan:
    """Plan the change. Raise UserError for what the chart does not accept, and if it is so already."""
    planned = await plan_setting(args.path, args.value, reads)
    if planned.image:
        await check_passed(planned.image.partition("@")[0].rpartition(":")[2], reads)
    return planned


def preview(plan: SetPlan) -> Plan:
    """Return the requester's preview: this value, and others that become live with it."""
    return Plan(
        f"Set {plan.path}",
        "",
        with_code(tuple(Difference(one.path, one.before, _in_short(one)) for one in plan.differences), plan.code),
        tuple(_consequences(plan)),
        tuple(_warnings(plan)),
        "Set and deploy this now?",
        (*(_in_full(one) for one in plan.differences if _BREAK in one.after), *code_sections(plan.code)),
    )


def _in_short(difference: ValueDifference) -> str:
    return (
        f"text of {difference.after.count(_BREAK) + 1} lines, below" if _BREAK in difference.after else difference.after
    )


def _in_full(difference: ValueDifference) -> Lines:
    """Return a text of several lines, line by line: in a table they would run together."""
    return Lines(tuple(difference.after.split(_BREAK)), f"{difference.path}, as it will be written", code=True)


def _consequences(plan: SetPlan) -> list[str]:
    lines = []
    if plan.kind != "release":
        already = "It is already stored in {}." if plan.is_written else "It is stored in {} first; comments stay."
        lines.append(already.format(plan.place))
    lines += plan.meaning
    lines.append(f"Becomes revision {plan.becomes} of {plan.release}; chart {plan.chart_version} stays as it is.")
    return lines


def _warnings(plan: SetPlan) -> list[str]:
    lines = []
    if plan.others:
        which = "One more value becomes" if plan.others == 1 else f"{plan.others} more values become"
        lines.append(f"{which} live with it: already stored in {plan.place} but not deployed yet.")
    if plan.change.after is None:
        lines.append("null also removes the chart's default.")
    if plan.attempted:
        lines.append("The last upgrade of the release failed.")
    if plan.back:
        lines.append(restore_notice(plan.back))
    return [*lines, *plan.warnings, *filter(None, [plan.unchecked])]


async def apply(plan: SetPlan, do: Steps) -> Notice | Failure:
    """Store the value, have helm deploy it, and report the result of both."""
    what = Upgrade(plan.release, plan.revision, plan.chart_version, f"Set {plan.path}", plan.image)
    title = f"Upgrade to revision {plan.becomes}"
    if plan.kind == "release":
        ended = await do.step(title, upgrade_with_changes, what, [plan.change], plan.values_digest, do)
        return await _conclude(plan, ended, do)
    try:
        await do.step(store_title(plan.place), save_changes, [plan.change], plan.written, what.description, do)
    except (Rejected, Unavailable) as error:
        return Failure(f"{plan.path} was not set", f"{error}. Nothing was deployed.".replace("..", "."))
    ended = await do.step(title, upgrade_with_changes, what, [], plan.deployed, do)
    return await _conclude(plan, ended, do)


async def _conclude(plan: SetPlan, ended: Upgraded, do: Steps) -> Notice | Failure:
    newest, live, pods = await asyncio.gather(
        do.reads.releases.current(), do.reads.releases.deployed(), do.reads.kube.pods()
    )
    now = release_facts(newest, live, pods, do.reads)
    difference = next((one for one in plan.differences if one.path == plan.path), None)
    if ended.result.ok:
        return Notice(_done(plan, difference), readiness_warning(now), Tone.GOOD, (Facts((*_written(plan), *now)),))
    if do.stopping and ended.result.cancelled:
        title, why = f"Setting {plan.path} was stopped", "Helm was asked to stop and did."
        return Failure(title, why, (*_written(plan), *now), (*stop_advice(newest), *_back(plan)))
    advice = ("/jhub pods shows what is not ready.", *_back(plan))
    title = f"{plan.path} is not live" if plan.kind != "release" else f"{plan.path} was not set"
    return Failure(title, ended.result.message, (*_written(plan), *now), advice, buttons=_buttons(plan))


def _done(plan: SetPlan, difference: ValueDifference | None) -> str:
    return f"{plan.path} is {difference.after}" if difference else f"{plan.path} is set"


def _written(plan: SetPlan) -> Sequence[Fact]:
    return () if plan.kind == "release" else (Fact("Stored in", plan.place, Tone.GOOD),)


def _back(plan: SetPlan) -> Sequence[str]:
    """Return advice about a value that is stored but not live."""
    if plan.kind == "release":
        return ()
    return (f"{plan.place} has the new value, and the next deployment uses it. Set the old one again if it is wrong.",)


def _buttons(plan: SetPlan) -> tuple[Button, ...]:
    if plan.kind == "release":
        return ()
    return (typing("Show what is not live", line_of("config diff")),)


COMMAND = Change(
    "config set",
    "Set one of the hub's values: store it and deploy it.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=Effects(may=OF_VALUES, of=lambda plan: plan.impacts),
    button="Set the value",
    consent=Consent.CALLER,
    details="The name and the value are checked against the chart's schema. An item of a list that is already set is "
    "addressed by its number from 0, as in hub.extraEnv[0].name; otherwise a list is set as a whole, as in helm. "
    "Secrets cannot be set here.",
    topic=Topic.RELEASES,
    rank=13,
)
