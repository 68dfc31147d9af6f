"""Whose agreement a change needs, and how its card asks for it: for each person their own view.

A rule comes from the command's declaration; the configuration may only tighten it. What a card says is made from the
record of the change alone, so that every copy of it, however old, can be brought up to date.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.chat import Person
from bot.config import ApprovalRule, ApprovalSettings, ConfigError, EffectRule, EffectRules, GraveRule
from bot.store.changes import Change, Decision, State
from cards.times import hour, timed
from cards.views import Approval, Button, ButtonStyle, Fact, Facts, Failure, Notice, Plan, Refresh, Request, View
from commands.durations import spoken
from commands.effect import Effect
from commands.errors import UserError
from commands.spec import AnyChange, Command, Consent, Level, Query

# Teams gives their own view to so many people and no more.
_MOST_PEOPLE: Final = 60
_BY: Final = {"approver": Level.APPROVER, "admin": Level.ADMIN}


@dataclass(frozen=True)
class Rule:
    """What a change needs before it runs: others' approvals, or its requester's confirmation, and a reason.

    `by` is the level that an approval takes. `grave` is the effect, if any, that no emergency lets one person have.
    """

    approvals: int
    confirm: bool
    reason: bool = False
    by: Level = Level.APPROVER
    grave: Effect | None = None


def rule(change: AnyChange, policy: Mapping[str, ApprovalRule]) -> Rule:
    """The command's own rule, tightened by the policy."""
    more = policy.get(change.name, ApprovalRule())
    approvals = max(change.approvals, more.approvals)
    confirm = change.consent is Consent.CALLER or more.confirm
    return Rule(approvals, confirm and not approvals, more.reason)


def strictest(rules: Sequence[Rule]) -> Rule:
    """What satisfies all of them."""
    approvals = max(one.approvals for one in rules)
    confirm = any(one.confirm for one in rules) and not approvals
    grave = next((one.grave for one in rules if one.grave), None)
    return Rule(approvals, confirm, any(one.reason for one in rules), max(one.by for one in rules), grave)


def rule_of(effect: Effect, rules: EffectRules) -> Rule:
    """What the configuration asks for this effect."""
    its: GraveRule | EffectRule = getattr(rules, effect.value)
    stays = isinstance(its, GraveRule) or not its.emergency
    return Rule(its.approvals, False, its.reason, _BY[its.by], effect if stays and its.approvals else None)


def rule_for(own: Rule, effects: Iterable[Effect], rules: EffectRules) -> Rule:
    """The command's own rule, and those of all the effects."""
    return strictest([own, *(rule_of(one, rules) for one in effects)])


def agreed(effect: Effect, rules: EffectRules) -> str:
    """Who has to agree to the effect, in words: "1 approval by an approver, also in an emergency"."""
    its = rule_of(effect, rules)
    if not its.approvals:
        return "the requester alone"
    count = "1 approval" if its.approvals == 1 else f"{its.approvals} approvals"
    reason = ", with a reason" if its.reason else ""
    alone = ", also in an emergency" if its.grave else "; an emergency goes without"
    return f"{count} by {its.by.one}{reason}{alone}"


def unforeseen(effects: Iterable[Effect], foreseen: Collection[Effect], rules: EffectRules) -> bool:
    """Whether there is an effect that others must agree to, and that nobody could know of when they agreed."""
    return any(one not in foreseen and rule_of(one, rules).approvals for one in effects)


def check_policy(settings: ApprovalSettings, commands: Sequence[Command]) -> None:
    """Raises ConfigError for a policy about no command, or one that would loosen what a command asks for."""
    known = {command.name: command for command in commands}
    for name, wanted in settings.policy.items():
        command = known.get(name)
        if command is None or isinstance(command, Query):
            changes = ", ".join(sorted(n for n, c in known.items() if not isinstance(c, Query)))
            raise ConfigError(
                f"approvals.policy: “{name}” is not a command that changes anything. Choose from {changes}"
            )
        least = rule_for(rule(command, {}), command.effects.always, settings.effects).approvals
        if "approvals" in wanted.model_fields_set and wanted.approvals < least:
            raise ConfigError(
                f"approvals.policy: “{name}” always needs {_count(least)}: a policy may ask for more, not fewer"
            )


def check_request(
    change: AnyChange, needed: Rule, level: Level, *, reason: str, emergency: str, holders: Sequence[str]
) -> None:
    """Raises UserError for a request that cannot go on whatever its plan: with what to type instead."""
    if emergency:
        _check_emergency(change, needed, level)
    elif needed.approvals and not holders:
        raise UserError(
            f"“{change.name}” needs {_count(needed.approvals)}, but no approver is configured, so it cannot run.",
            "Ask whoever runs the bot to set access.approver in its configuration.",
        )
    if needed.reason and not (reason or emergency):
        raise UserError(f"“{change.name}” needs a reason.", 'Add one: --reason "why it is needed"')


def _check_emergency(change: AnyChange, needed: Rule, level: Level) -> None:
    if level < Level.ADMIN:
        raise UserError(
            "Only an admin can declare an emergency.", "Type it without --emergency, so that others can approve it."
        )
    if needed.grave:
        what = needed.grave.title
        raise UserError(
            f"This {what[0].lower()}{what[1:]}. Even in an emergency, nobody can do that alone.",
            "Type it without --emergency, so that others can approve it.",
        )
    if not needed.approvals:
        raise UserError(f"“{change.name}” needs no approval, so there is no need for --emergency.")


def request(
    change: Change,
    plan: Plan,
    now: datetime,
    approvers: Sequence[str],
    viewer: Person | None,
    level: Level,
    by: Level = Level.APPROVER,
) -> Request:
    """The card of a change that waits for approvals by that level; for `viewer`, or for everyone when that is None."""
    buttons, note = _choices(change, viewer, level, by)
    return Request(
        plan=replace(plan, buttons=()),
        state=_state(change),
        needed=0 if change.emergency else change.needed,
        approvals=tuple(Approval(vote.person.name, hour(vote.at)) for vote in change.approvals),
        reason=change.reason,
        expires="" if change.emergency else _until(change, now),
        approvers=tuple(approvers),
        emergency=change.emergency,
        note=note,
        buttons=buttons,
        refresh=refresh(change),
    )


def refresh(change: Change) -> Refresh:
    """Lets a card of the change bring itself up to date, for each who looks at it."""
    return Refresh("view", (("id", change.id), ("digest", change.digest)))


def _state(change: Change) -> str:
    if change.emergency:
        return "Emergency: runs without approval unless an approver stops it"
    return "Waiting for approval"


def _until(change: Change, now: datetime) -> str:
    if change.expires is None:
        return ""
    left = change.expires - now
    return timed(hour(change.expires), f", in {spoken(left)}") if left > timedelta(0) else hour(change.expires)


def _choices(change: Change, viewer: Person | None, level: Level, by: Level) -> tuple[tuple[Button, ...], str]:
    """What this person can press, and a sentence for them."""
    data = (("id", change.id), ("digest", change.digest))
    if viewer is None:
        return (Button("Review", "view", data),), ""
    if viewer.is_same(change.requester):
        return (Button("Cancel", "dismiss", data),), _to_requester(change)
    if level < by:
        return (), f"Only {by.title}s see buttons here."
    if any(vote.person.is_same(viewer) for vote in change.votes):
        return (), "You have approved this."
    if change.emergency:
        return (Button("Stop it", "reject", data, ButtonStyle.DESTRUCTIVE),), "You can stop this."
    return (
        Button("Approve", "approve", data, ButtonStyle.POSITIVE),
        Button("Reject", "reject", data, ButtonStyle.DESTRUCTIVE),
    ), ""


def _to_requester(change: Change) -> str:
    return "" if change.emergency else "You asked for this, so somebody else must approve it."


def question(change: Change, plan: Plan, button: str, warning: str = "") -> Plan:
    """The card of a change that its requester confirms with `button`; a warning takes the place of its buttons."""
    if warning:
        return replace(plan, buttons=(), question="", warnings=(warning, *plan.warnings))
    data = (("id", change.id), ("digest", change.digest))
    yes = Button(button, "confirm", data, ButtonStyle.POSITIVE)
    return replace(plan, buttons=(yes, Button("Cancel", "dismiss", data)))


def not_counted(decision: Decision, change: Change | None) -> str:
    """Why a click led to nothing, to the one who clicked."""
    match decision:
        case Decision.SAID_ALREADY:
            return "You have already answered this."
        case Decision.EXPIRED:
            return "This question has expired. Nothing was done. Type the command again."
        case Decision.OTHER_CARD:
            return "This card does not match the plan that is waiting. Type the command again."
        case Decision.UNKNOWN:
            return "The bot no longer has this question on record. Type the command again."
    done = "It is under way." if change is not None and change.state in (State.QUEUED, State.RUNNING) else ""
    return f"This has already been answered. {done}".strip()


def _count(approvals: int) -> str:
    return "an approval" if approvals == 1 else f"{approvals} approvals"


def standing_on(view: View, known: Change) -> View:
    """The view with buttons that know whose card they stand on, so that pressing one leaves the card as it is."""
    if not isinstance(view, Notice | Failure) or not view.buttons:
        return view
    its = ("id", known.id)
    return replace(view, buttons=tuple(replace(one, data=(its, *one.data)) for one in view.buttons))


def signed(view: View, known: Change) -> View:
    """The end of what others agreed to, with everybody's name under it: the request's card is gone by then."""
    if not (known.approvals or known.schedule) or not isinstance(view, Notice | Failure):
        return view
    approvers = ", ".join(vote.person.name for vote in known.approvals)
    names = [Fact("Schedule", known.schedule)] if known.schedule else []
    names += [Fact("Asked by", known.requester.name), Fact("Approved by", approvers)]
    return replace(view, sections=(*view.sections, Facts(tuple(fact for fact in names if fact.value))))
