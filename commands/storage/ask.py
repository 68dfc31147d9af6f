"""`/jhub storage ask`: ask for a larger home of one's own. An operator decides with one press, and it grows.

It is a change like any other: what waits, who may approve it, the plan that an approval is bound to and that is made
anew right before it is carried out are those of every change, and so are its card, its expiry and the audit trail. What
differs is who asks, anybody, and for whom, themselves alone: whose home it is the directory says, never a typed name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from commands.framework.argument_types import ObjectName, Reason, ServerName
from commands.framework.command import Arg, Change, Consent, Flag, Level, Topic
from commands.framework.effects import Effect, Effects
from commands.framework.errors import UserError
from commands.framework.usage import line_of
from commands.ports.context import Reads
from commands.ports.operations import Work, WorkState
from commands.storage.arguments import HomeSize
from commands.storage.grow import COMMAND as GROW
from commands.storage.growth import Growth, impacts, plan_growth, which_home
from commands.storage.homes import HomeOwner, with_homes
from commands.storage.homes import own_name as name_of_caller
from commands.timing.durations import spoken

_NAME: Final = "storage ask"
_ANSWER_WITHIN: Final = timedelta(days=7)
# Far more than end in the time that somebody has to wait between two requests.
_RECENT: Final = 500
# Each was shown to everybody who may decide, before it was taken back.
_MOST_TAKEN_BACK: Final = 3


@dataclass(frozen=True)
class Args:
    """The size that is asked for, and why."""

    size: Annotated[HomeSize, Arg("the size that you need, in Gi or Ti", "20Gi")]
    why: Annotated[Reason, Arg("why, in quotation marks", '"data of the field study"')]
    server: Annotated[ServerName | None, Flag("the home of a named server", "thesis")] = None
    claim: Annotated[ObjectName | None, Flag("this claim, if you have several homes", "claim-ada")] = None


async def plan(args: Args, reads: Reads) -> Growth:
    """Plan to enlarge the caller's own home. Raise UserError where they have none, or asked already or lately."""
    await _check_turn(reads)
    person = await _caller(args, reads)
    line = line_of(_NAME, (args.size, args.why))
    return await plan_growth(person, which_home(person, line, args.server, args.claim), args.size.bytes, reads)


async def _caller(args: Args, reads: Reads) -> HomeOwner:
    person = await with_homes(await name_of_caller(reads), await reads.hub.users(), reads, _named(args))
    if not person.homes:
        raise UserError("You have no home on this hub yet: it is made when you first start a server.", "/jhub whoami")
    return person


def _named(args: Args) -> list[str]:
    return [args.server] if args.server else []


async def _check_turn(reads: Reads) -> None:
    """Raise UserError for a second request beside one that waits, and for one soon after another was decided."""
    mine = _of_caller(await reads.work.open(), reads)
    waiting = next((one for one in mine if one.state is WorkState.WAITING), None)
    if waiting:
        raise UserError(
            f"You have asked already, and that still waits for an answer: {waiting.title}. Cancel it on its card first."
        )
    # This one is among them, both while it is planned and when it is planned again to be carried out.
    if len(mine) > 1:
        raise UserError("You have asked already, and that is not done yet. Ask again once it is.")
    _check_pause(_of_caller(await reads.work.ended(_RECENT), reads), reads)


def _check_pause(ended: Sequence[Work], reads: Reads) -> None:
    """Raise UserError soon after a request was decided, or after several were taken back."""
    pause = reads.homes.ask_pause
    late = sorted((one for one in ended if one.changed + pause > reads.now), key=lambda one: one.changed)
    decided, taken_back = ([one for one in late if one.outcome in these] for these in (_DECIDED, _TAKEN_BACK))
    if decided:
        raise UserError(
            f"Your last request was decided less than {spoken(pause)} ago. You can ask again in "
            f"{spoken(decided[-1].changed + pause - reads.now)}."
        )
    if len(taken_back) >= _MOST_TAKEN_BACK:
        again = taken_back[-_MOST_TAKEN_BACK].changed + pause - reads.now
        raise UserError(
            f"You have taken back {len(taken_back)} requests in {spoken(pause)}, and each was shown to those who "
            f"decide. You can ask again in {spoken(again)}."
        )


# What ended in another way bothered nobody.
_DECIDED: Final = ("done", "rejected", "expired", "failed")
_TAKEN_BACK: Final = ("dismissed", "cancelled")


def _of_caller(works: Sequence[Work], reads: Reads) -> list[Work]:
    return [one for one in works if one.command == _NAME and one.requester_id == reads.caller.object_id]


COMMAND = Change(
    _NAME,
    "Ask for a larger home of your own; an operator decides.",
    Level.ANYONE,
    plan,
    GROW.preview,
    GROW.apply,
    Args,
    effects=Effects(may=(Effect.COSTS_MORE,), of=impacts),
    button="Ask for it",
    consent=Consent.NONE,
    approvals=1,
    approved_by=Level.OPERATOR,
    policy_of=GROW.name,
    answer_within=_ANSWER_WITHIN,
    schedulable=False,
    in_emergencies=False,
    details="Anybody on the hub may ask, for their own home alone. It waits for at most seven days; one request at a "
    "time, and the next one storage.ask_pause after the last was decided.",
    in_freeze=True,
    topic=Topic.STORAGE,
    rank=23,
)
