"""Whose agreement a change needs, and how its card asks for it: for each person their own view.

A rule comes from the command's declaration; the configuration may only tighten it. What a card says is made from the
record of the change alone, so that every copy of it, however old, can be brought up to date.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.chat import Person
from bot.config import ApprovalRule, ConfigError
from bot.store.changes import Change, Decision, State
from cards.views import Approval, Button, ButtonStyle, Fact, Facts, Failure, Notice, Plan, Refresh, Request, View
from commands.durations import spoken
from commands.errors import UserError
from commands.spec import AnyChange, Command, Consent, Level, Query

# Teams gives their own view to so many people and no more.
_MOST_PEOPLE: Final = 60


@dataclass(frozen=True)
class Rule:
    """What a change needs before it runs: others' approvals, or its requester's confirmation, and a reason."""

    approvals: int
    confirm: bool
    reason: bool = False


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
    return Rule(approvals, confirm, any(one.reason for one in rules))


def raised(rule: Rule, approvals: int) -> Rule:
    """The rule with at least so many approvals."""
    most = max(rule.approvals, approvals)
    return replace(rule, approvals=most, confirm=rule.confirm and not most)


def check_policy(policy: Mapping[str, ApprovalRule], commands: Sequence[Command]) -> None:
    """Raises ConfigError for a policy about no command, or one that would loosen what a command asks for."""
    known = {command.name: command for command in commands}
    for name, wanted in policy.items():
        command = known.get(name)
        if command is None or isinstance(command, Query):
            changes = ", ".join(sorted(n for n, c in known.items() if not isinstance(c, Query)))
            raise ConfigError(f"approvals.policy: “{name}” is no command that changes anything; there are {changes}")
        if "approvals" in wanted.model_fields_set and wanted.approvals < command.approvals:
            raise ConfigError(
                f"approvals.policy: “{name}” needs {command.approvals} by itself: a policy may ask for more, not less"
            )


def check_request(
    change: AnyChange, needed: Rule, level: Level, *, reason: str, emergency: str, holders: Sequence[str]
) -> None:
    """Raises UserError for a request that cannot go on whatever its plan: with what to type instead."""
    if emergency:
        _check_emergency(change, needed, level)
    elif needed.approvals and not holders:
        raise UserError(
            f"“{change.name}” needs {_count(needed.approvals)}, and no approver is configured: it cannot run.",
            "Whoever runs the bot sets access.approver in its configuration.",
        )
    if needed.reason and not (reason or emergency):
        raise UserError(f"“{change.name}” needs a reason.", 'Add one: --reason "why it is needed"')


def _check_emergency(change: AnyChange, needed: Rule, level: Level) -> None:
    if level < Level.ADMIN:
        raise UserError("Only an admin can declare an emergency.", "Type it without --emergency: others can approve.")
    if change.destroys:
        raise UserError(
            f"“{change.name}” deletes data: no emergency lets one person do that alone.",
            "Type it without --emergency: others can approve.",
        )
    if not needed.approvals:
        raise UserError(f"“{change.name}” needs nobody’s approval: no emergency is needed for it.")


def request(
    change: Change, plan: Plan, now: datetime, approvers: Sequence[str], viewer: Person | None, level: Level
) -> Request:
    """The card of a change that waits for approvals; for `viewer`, or for everyone when that is None."""
    buttons, note = _choices(change, viewer, level)
    return Request(
        plan=replace(plan, buttons=()),
        state=_state(change),
        needed=0 if change.emergency else change.needed,
        approvals=tuple(Approval(vote.person.name, f"{vote.at:%H:%M} UTC") for vote in change.approvals),
        reason=change.reason,
        expires=_until(change, now),
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
        return "Emergency: goes on alone unless an approver stops it"
    return "Waits for approval"


def _until(change: Change, now: datetime) -> str:
    if change.expires is None:
        return ""
    left = change.expires - now
    return f"{change.expires:%H:%M} UTC, in {spoken(left)}" if left > timedelta(0) else f"{change.expires:%H:%M} UTC"


def _choices(change: Change, viewer: Person | None, level: Level) -> tuple[tuple[Button, ...], str]:
    """What this person can press, and a sentence for them."""
    data = (("id", change.id), ("digest", change.digest))
    if viewer is None:
        return (Button("Decide …", "view", data),), ""
    if viewer.object_id == change.requester.object_id:
        return (Button("Cancel", "dismiss", data),), _to_requester(change)
    if level < Level.APPROVER:
        return (), "Approvers see buttons here."
    if any(vote.person.object_id == viewer.object_id for vote in change.votes):
        return (), "You have approved this."
    if change.emergency:
        return (Button("Stop it", "reject", data, ButtonStyle.DESTRUCTIVE),), "You can stop this."
    return (
        Button("Approve", "approve", data, ButtonStyle.POSITIVE),
        Button("Reject", "reject", data, ButtonStyle.DESTRUCTIVE),
    ), ""


def _to_requester(change: Change) -> str:
    return "" if change.emergency else "You asked for this: somebody else must approve it."


def question(change: Change, plan: Plan, warning: str = "") -> Plan:
    """The card of a change that its requester must confirm; a warning takes the place of its buttons."""
    if warning:
        return replace(plan, buttons=(), question="", warnings=(warning, *plan.warnings))
    data = (("id", change.id), ("digest", change.digest))
    yes = Button("Confirm", "confirm", data, ButtonStyle.POSITIVE)
    return replace(plan, buttons=(yes, Button("Cancel", "dismiss", data)))


def not_counted(decision: Decision, change: Change | None) -> str:
    """Why a click led to nothing, to the one who clicked."""
    match decision:
        case Decision.SAID_ALREADY:
            return "You have answered this already."
        case Decision.EXPIRED:
            return "This question has expired. Nothing was done. Type the command again."
        case Decision.OTHER_CARD:
            return "This card is not the one that was shown. Type the command again."
        case Decision.UNKNOWN:
            return "The bot no longer knows this question. Type the command again."
    done = "It runs now." if change is not None and change.state in (State.QUEUED, State.RUNNING) else ""
    return f"This was answered already. {done}".strip()


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
