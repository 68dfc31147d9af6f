"""The gates that a request passes: permission, the policy, and what was typed. Pure.

`authorize` decides about a command before it runs or is planned, and again once its plan is known. `reauthorize`
decides right before a change is applied, and `authorize_response` about what a person says to a change that waits.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from bot.changes import replies
from bot.changes.approval_policy import ApprovalRequirement, count_in_words
from bot.changes.model import ChangeRequest, Response, Vote
from bot.chat.platform import Person
from commands.framework.command import Level
from commands.ports.freezes import Freeze

_NO_REQUIREMENT: Final = ApprovalRequirement(0, confirm=False)
_WITHOUT_EMERGENCY: Final = "Type it without --emergency, so that others can approve it."


@dataclass(frozen=True)
class CommandRequest:
    """A command as it was typed.

    `level` is what it takes. `reveals` says that it asks for what is hidden otherwise, which takes an admin, where
    nobody else reads along (`is_private`). `in_freeze` says that it goes on while changes are frozen.
    """

    name: str
    level: Level
    reason: str = ""
    emergency: str = ""
    reveals: bool = False
    is_private: bool = False
    in_freeze: bool = False


@dataclass(frozen=True)
class Allowed:
    """It may go on; where `confirm` is set, once its requester has confirmed the plan."""

    confirm: bool = False


@dataclass(frozen=True)
class NeedsApproval:
    """It may go on once so many others of that level have approved it."""

    approvals: int
    by: Level


@dataclass(frozen=True)
class NeedsDelay:
    """It is an emergency: it may go on once others could have stopped it, and did not."""


@dataclass(frozen=True)
class LevelTooLow:
    """It takes a higher level; `for_reveal` says that only for what is hidden otherwise."""

    needed: Level
    for_reveal: bool = False


@dataclass(frozen=True)
class NotPrivate:
    """Its answer shows what is hidden otherwise, and others read along."""


@dataclass(frozen=True)
class Frozen:
    """Changes are frozen, and it is neither an emergency nor of the kind that goes on."""

    freeze: Freeze


@dataclass(frozen=True)
class InvalidRequest:
    """It cannot go on as it was typed. `message` says why, and `hints` what to do instead."""

    message: str
    hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class ApprovalLost:
    """Too few of its approvers still have the level. `name` is one who lost it, empty where nobody has."""

    name: str


@dataclass(frozen=True)
class ResponseRefused:
    """This person may not say this to the change; `why` is a sentence for them."""

    why: str


Authorization = Allowed | NeedsApproval | NeedsDelay | LevelTooLow | NotPrivate | Frozen | InvalidRequest


def authorize(
    request: CommandRequest,
    level: Level,
    requirement: ApprovalRequirement = _NO_REQUIREMENT,
    holders: Sequence[str] = (),
    freeze: Freeze | None = None,
) -> Authorization:
    """Decide about a command that somebody of `level` typed.

    `requirement` is what it needs as far as that is known, `holders` are the groups whose members may approve it, and
    `freeze` is what holds changes back now.
    """
    needed = max(request.level, Level.ADMIN) if request.reveals else request.level
    if level < needed:
        return LevelTooLow(needed, for_reveal=needed > request.level)
    if request.reveals and not request.is_private:
        return NotPrivate()
    frozen = freeze is not None and not request.in_freeze
    if freeze is not None and frozen and not request.emergency:
        return Frozen(freeze)
    if (mistake := _mistake(request, level, requirement, holders, frozen=frozen)) is not None:
        return mistake
    return _consent(request, requirement)


def _consent(request: CommandRequest, requirement: ApprovalRequirement) -> Allowed | NeedsApproval | NeedsDelay:
    """Return whose consent a request that may go on needs."""
    if request.emergency:
        return NeedsDelay()
    if requirement.approvals:
        return NeedsApproval(requirement.approvals, requirement.by)
    return Allowed(requirement.confirm)


def _mistake(
    request: CommandRequest, level: Level, requirement: ApprovalRequirement, holders: Sequence[str], *, frozen: bool
) -> InvalidRequest | None:
    """Return why the request cannot go on whatever its plan; None where it can."""
    if request.emergency:
        if (mistake := _wrong_emergency(request, level, requirement, frozen=frozen)) is not None:
            return mistake
    elif requirement.approvals and not holders:
        by = requirement.by.title
        return InvalidRequest(
            f"“{request.name}” needs {count_in_words(requirement.approvals)}, but no {by} is configured, so it "
            "cannot run.",
            (f"Ask whoever runs the bot to set access.{by} in its configuration.",),
        )
    if requirement.reason and not (request.reason or request.emergency):
        return InvalidRequest(f"“{request.name}” needs a reason.", ('Add one: --reason "why it is needed"',))
    return None


def _wrong_emergency(
    request: CommandRequest, level: Level, requirement: ApprovalRequirement, *, frozen: bool
) -> InvalidRequest | None:
    if level < Level.ADMIN:
        return InvalidRequest("Only an admin can declare an emergency.", (_WITHOUT_EMERGENCY,))
    if requirement.grave:
        what = requirement.grave.title
        return InvalidRequest(
            f"This {what[0].lower()}{what[1:]}. Even in an emergency, nobody can do that alone.", (_WITHOUT_EMERGENCY,)
        )
    if not requirement.approvals and not frozen:
        return InvalidRequest(f"“{request.name}” needs no approval, so there is no need for --emergency.")
    return None


def reauthorize(
    known: ChangeRequest,
    needed: Level,
    level: Level,
    still_approved: Collection[Vote],
    freeze: Freeze | None = None,
    *,
    in_freeze: bool = False,
) -> Allowed | LevelTooLow | Frozen | ApprovalLost:
    """Decide whether a change may still be applied.

    `needed` is the level that asking for it takes, `level` what its requester has by now, and `still_approved` the
    approvals whose voters still have the level for that. `freeze` is what holds changes back by now, but those that go
    on `in_freeze`.
    """
    if level < needed or (known.emergency and level < Level.ADMIN):
        return LevelTooLow(needed)
    if freeze is not None and not (in_freeze or known.emergency):
        return Frozen(freeze)
    if known.emergency or len(still_approved) >= known.needed:
        return Allowed()
    # Nobody has lost anything where the same person was once counted twice.
    return ApprovalLost(next((vote.person.name for vote in known.approvals if vote not in still_approved), ""))


def authorize_response(
    known: ChangeRequest, person: Person, response: Response, level: Level, *, to_ask: Level, to_approve: Level
) -> Allowed | ResponseRefused:
    """Decide whether a person of `level` may say this to the change.

    `to_ask` is the level that asking for it takes, and `to_approve` the level that an approval takes.
    """
    is_own = person.is_same(known.requester)
    by_requester = response in (Response.CONFIRM, Response.WITHDRAW)
    why = ""
    if by_requester and not is_own:
        why = f"Only {known.requester.name}, who asked for this, can answer."
    elif response is Response.CONFIRM and level < to_ask:
        why = replies.needs("confirm this", to_ask)
    elif response is Response.CONFIRM and not known.confirm:
        # No card offers it, but whoever presses chooses what is sent: an emergency would go on without its delay.
        why = "This goes on without your confirmation as soon as it may."
    elif not by_requester and is_own:
        why = "You asked for this yourself, so somebody else must approve it."
    elif not by_requester and level < to_approve:
        why = replies.needs("approve this" if response is Response.APPROVE else "reject this", to_approve)
    elif not by_requester and (known.confirm or (known.emergency and response is Response.APPROVE)):
        why = "This needs no approval."
    return ResponseRefused(why) if why else Allowed()
