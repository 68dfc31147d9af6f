"""A test of the hub as steps of a change: `run_test` is for every command that wants to know whether the hub works.

Whatever fails on the way, the synthetic user is removed, with home and claim. What a crash of the bot leaves behind is
on record: the change goes on when the bot is back, and what it could not finish the next test removes, or the daily
clean-up.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from clients.errors import Forbidden, NotFound, Rejected, Unavailable
from commands.framework.command import Steps
from commands.framework.polling import PACE, until
from commands.hubtest.hub_out import without_account
from commands.hubtest.notebook import notebook
from commands.hubtest.outcome import ACCOUNT, REMOVAL, SERVER, HubTestOutcome, Stage, sentence
from commands.hubtest.removal import remove
from commands.hubtest.starting import LIMIT, Start, start
from commands.hubtest.subject import USER, HubTest, account, recorded, taken, testing
from commands.ports.hub_tests import HubTestRecord

T = TypeVar("T")

# A hub is back so many seconds after a deployment at the latest.
_RESTARTS_WITHIN: Final = 60.0
# What is begun and not ended is believed to be at work for so long.
AT_WORK: Final = timedelta(seconds=LIMIT + 300)
MADE: Final = "Make the test user"
STARTED: Final = "Start a server"
NOTEBOOK: Final = "Run a notebook in it"
REMOVED: Final = "Remove the test user and their home"
BY_ITSELF: Final = "the bot"
"""Whose test it is in the records where nobody asked for it."""


@dataclass(frozen=True)
class NewAccount:
    """The account: when it was made, and how long that took in seconds."""

    at: datetime
    seconds: float


@dataclass(frozen=True)
class Removal:
    """The removal: how long it took in seconds, and what is left, a sentence or nothing."""

    seconds: float
    left: str


async def run_test(test: HubTest, do: Steps) -> HubTestOutcome:
    """Make the synthetic user, start their server, run a notebook, remove all of it, and return what was found.

    Raise UserError where somebody else has the user's name, and nothing else that a system outside does wrong: that
    is an outcome.
    """
    try:
        found = await _found(test, do)
    except Exception:
        await do.cleanup(REMOVED, _remove, HubTestOutcome((), failed=SERVER, cause="It was broken off."), test, do)
        raise
    removal = await do.cleanup(REMOVED, _remove, found, test, do)
    # Where nothing was made, nothing was removed: that is no stage.
    last = (Stage(REMOVAL, removal.seconds, removal.left),) if removal.seconds or removal.left else ()
    return replace(found, stages=(*found.stages, *last), left=removal.left)


async def _found(test: HubTest, do: Steps) -> HubTestOutcome:
    try:
        made = await do.step(MADE, _make, test, do)
    except (Unavailable, Rejected) as error:
        return await without_account(error, do)
    stages: tuple[Stage, ...] = (Stage(ACCOUNT, made.seconds),)
    started = await do.step(STARTED, _start, test, made.at, do)
    stages += (Stage(SERVER, started.seconds, started.problem),)
    if started.problem:
        return HubTestOutcome(stages, failed=SERVER, cause=started.problem, advice=started.advice)
    ran = await do.step(NOTEBOOK, notebook, recorded(do.reads).rules.packages, do)
    stages += ran
    broken = next((one for one in ran if one.problem), None)
    if broken is None:
        return HubTestOutcome(stages, started.seconds)
    return HubTestOutcome(stages, started.seconds, broken.title, broken.problem)


async def _make(test: HubTest, do: Steps) -> NewAccount:
    """Make the account, once nothing is left of an earlier test. Raise UserError if somebody else has the name."""
    accounts, records = testing(do).accounts, testing(do).records
    await _wait_for_the_bot(do)
    left = await recorded(do.reads).left()
    earlier = [one.operation for one in left if one.operation != do.operation]
    is_begun = len(earlier) < len(left)
    if not is_begun and await account(do.reads) and not left:
        # Asked in any case: of a hub that does not answer, nothing can be removed first.
        raise taken()
    if earlier and (rest := await remove(do)):
        raise Unavailable("An earlier test", f"has left something that cannot be removed: {rest}")
    await records.remove(earlier)
    await records.begin(HubTestRecord(do.operation, do.now(), do.caller.name, test.tag, test.profile))
    began = do.now()
    if not await _patiently(lambda: accounts.create(USER), do) and not is_begun:
        await records.remove([do.operation])
        raise taken()
    return NewAccount(do.now(), (do.now() - began).total_seconds())


async def _patiently(ask: Callable[[], Awaitable[T]], do: Steps) -> T:
    """Ask a hub that may have restarted just now, and again while it is not reached. Raise what it refuses at once."""
    end = asyncio.get_running_loop().time() + _RESTARTS_WITHIN
    while True:
        try:
            return await ask()
        except Unavailable as error:
            if isinstance(error, Forbidden) or do.stopping or asyncio.get_running_loop().time() > end:
                raise
            do.tell(f"{error}. Trying again …")
            await asyncio.sleep(PACE)


async def _wait_for_the_bot(do: Steps) -> None:
    """Wait while the bot itself is at a test. Of all others, one at a time has the hub."""

    async def is_over() -> bool | None:
        busy = [one for one in await recorded(do.reads).left() if one.by == BY_ITSELF and _is_at_work(one, do)]
        if busy:
            do.tell("The bot itself is testing the hub now. Waiting until it has finished …")
        return None if busy else True

    await until(is_over, do, seconds=AT_WORK.total_seconds())


def _is_at_work(one: HubTestRecord, do: Steps) -> bool:
    return one.operation != do.operation and one.ended is None and do.now() - one.began < AT_WORK


async def _start(test: HubTest, made: datetime, do: Steps) -> Start:
    try:
        return await start(test, made, do)
    except (Unavailable, NotFound) as error:
        return Start((do.now() - made).total_seconds(), sentence(error))


async def _remove(found: HubTestOutcome, test: HubTest, do: Steps) -> Removal:
    """Remove the user that this operation made, and record the outcome. One that it has not made is left alone."""
    own = next((one for one in await recorded(do.reads).left() if one.operation == do.operation), None)
    if own is None:
        return Removal(0.0, "")
    clock = asyncio.get_running_loop().time
    began = clock()
    left = await remove(do)
    ended = replace(own, ended=do.now(), seconds=found.seconds, failed=found.failed, cause=found.cause)
    await testing(do).records.end(replace(ended, tag=test.tag))
    if not left:
        await testing(do).records.remove([do.operation])
    return Removal(clock() - began, left)
