"""The card that asks for agreement to a change: for each person their own view.

A rule comes from the command's declaration; the configuration may only tighten it. What a card says is made from the
record of the change alone, so that every copy of it, however old, can be brought up to date.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.changes.model import ChangeRequest, Decision, State
from bot.chat.platform import Person
from cards.times import hour, minute, timed
from cards.views import Approval, Button, ButtonStyle, Fact, Facts, Failure, Notice, Plan, Refresh, Request, View
from commands.framework.command import Level
from commands.timing.durations import spoken

_A_DAY: Final = timedelta(days=1)
WHY_NOT: Final = "If you reject it: why? Whoever asked reads this."


def request(
    change: ChangeRequest,
    plan: Plan,
    now: datetime,
    approvers: Sequence[str],
    viewer: Person | None,
    level: Level,
    by: Level = Level.APPROVER,
    *,
    asks_why: bool = False,
) -> Request:
    """Return the card of a change that waits for approvals by that level; for everyone where `viewer` is None.

    With `asks_why`, who can reject it has a field for the reason.
    """
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
        asks_why=WHY_NOT if asks_why and any(one.verb == "reject" for one in buttons) else "",
    )


def refresh(change: ChangeRequest) -> Refresh:
    """Return what lets a card of the change bring itself up to date, for each who looks at it."""
    return Refresh("view", (("id", change.id), ("digest", change.digest)))


def _state(change: ChangeRequest) -> str:
    if change.emergency:
        return "Emergency: runs without approval unless an approver stops it"
    return "Waiting for approval"


def _until(change: ChangeRequest, now: datetime) -> str:
    if change.expires is None:
        return ""
    left = change.expires - now
    end = minute(change.expires) if left > _A_DAY else hour(change.expires)
    return timed(end, f", in {spoken(left)}") if left > timedelta(0) else end


def _choices(change: ChangeRequest, viewer: Person | None, level: Level, by: Level) -> tuple[tuple[Button, ...], str]:
    """Return what this person can press, and a sentence for them."""
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


def _to_requester(change: ChangeRequest) -> str:
    return "" if change.emergency else "You asked for this, so somebody else must approve it."


def question(change: ChangeRequest, plan: Plan, button: str, warning: str = "") -> Plan:
    """Return the card of a change that its requester confirms with `button`; a warning replaces its buttons."""
    if warning:
        return replace(plan, buttons=(), question="", warnings=(warning, *plan.warnings))
    data = (("id", change.id), ("digest", change.digest))
    yes = Button(button, "confirm", data, ButtonStyle.POSITIVE)
    return replace(plan, buttons=(yes, Button("Cancel", "dismiss", data)))


def not_counted(decision: Decision, change: ChangeRequest | None) -> str:
    """Return why a click led to nothing, in words for the one who clicked."""
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


def standing_on(view: View, known: ChangeRequest) -> View:
    """Return the view with buttons that know the card they stand on, so that pressing one leaves it as it is."""
    if not isinstance(view, Notice | Failure) or not view.buttons:
        return view
    carried = ("id", known.id)
    return replace(view, buttons=tuple(replace(one, data=(carried, *one.data)) for one in view.buttons))


def signed(view: View, known: ChangeRequest) -> View:
    """Return the end of what others agreed to with everybody's name under it: the request's card is gone by then."""
    if not (known.approvals or known.schedule) or not isinstance(view, Notice | Failure):
        return view
    approvers = ", ".join(vote.person.name for vote in known.approvals)
    names = [Fact("Schedule", known.schedule)] if known.schedule else []
    names += [Fact("Asked by", known.requester.name), Fact("Approved by", approvers)]
    return replace(view, sections=(*view.sections, Facts(tuple(fact for fact in names if fact.value))))
