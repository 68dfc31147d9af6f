"""`/sandbox …`, typed in the demo's chat: breaks and heals the world that the bot looks after, answers requests.

It stands before the bot's own listener in the demo and in `jhub-bot try`, and nowhere else: a bot that serves has no
such words.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import quote

import aiohttp

from bot.chat.platform import Click, Conversation, Listener, Message, TooMuch
from bot.cli.dev.passing_time import pass_time
from bot.cli.dev.past import invent_past
from bot.cli.dev.sandbox_process import Inhabitant, SandboxWorld
from bot.cli.dev.second_person import NobodyPressedError, PendingRequest, SecondPerson
from bot.instrumentation.outcomes import Outcome
from bot.runtime.wall_clock import now
from bot.wiring.hub import HubServices
from cards.times import minute, timed
from cards.views import TYPE, Button, Cell, Column, Fact, Facts, Notice, Section, Table, Tone, View, typing
from clients.errors import Unavailable
from commands.framework.typed_text import clean
from commands.timing.durations import parse as duration
from commands.timing.durations import spoken

Json = dict[str, Any]

PACE: Final = 6.0
"""How much faster than usual alerts come and go where things are broken on purpose: in half a minute."""

_WORDS: Final = ("/sandbox", "sandbox")
# So long is really waited, and no more than this is passed over.
_REALLY: Final = timedelta(minutes=10)
_LONGEST: Final = timedelta(days=60)
_WITHIN: Final = aiohttp.ClientTimeout(total=20)
_USAGE: Final = (
    "/sandbox status",
    "/sandbox approve [id] [--as <who>]",
    "/sandbox reject [id] [--as <who>]",
    "/sandbox break [what] [how]",
    "/sandbox heal [what]",
    "/sandbox rename <person> <new name>",
    "/sandbox leave <person>",
    "/sandbox wait <duration>",
    "/sandbox past <days>",
)
_COLUMNS: Final = (Column("What", 2), Column("State", 4), Column("Ways to break it", 8))


class _Wrong(Exception):  # noqa: N818 - named after what was typed
    """The line makes no sense. The message says why."""


def inject_faults(
    listener: Listener,
    hubs: Mapping[str, HubServices],
    world: SandboxWorld,
    ended: Callable[[Outcome], None] = lambda _: None,
) -> "FaultInjection":
    """Return what stands before the listener of a bot that runs the hubs of this world."""
    second = SecondPerson(listener, world, hubs)
    return FaultInjection(listener, world.faults, world.clock, second, partial(invent_past, hubs.values()), ended)


@dataclass(frozen=True)
class FaultInjection:
    """Listener that handles `/sandbox …` and passes everything else on.

    `faults` is where the sandbox's faults are controlled, `clock` where its time is. `ended` is called with the outcome
    of each request; `past` makes up so many days of use. It raises ValueError.
    """

    listener: Listener
    faults: str
    clock: str
    second: SecondPerson
    past: Callable[[str], Awaitable[View]]
    ended: Callable[[Outcome], None] = lambda _: None

    async def on_message(self, message: Message) -> None:
        """Break, heal, tell, wait, or answer a request as somebody else."""
        words = clean(message.text).split()
        if not _is_ours(words):
            await self.listener.on_message(message)
            return
        message.taken.set()
        view, outcome = await self._answer(words[1:], message.conversation)
        await message.conversation.post(view)
        if outcome is not None:
            self.ended(outcome)

    async def on_click(self, click: Click) -> View:
        """Do the same for buttons that type such a line."""
        words = clean(click.data.get("line", "")).split()
        if click.verb != TYPE or not _is_ours(words):
            return await self.listener.on_click(click)
        view, _ = await self._answer(words[1:], click.conversation)
        return view

    async def _answer(self, words: Sequence[str], place: Conversation) -> tuple[View, Outcome | None]:
        """Return what is shown, and how it ended; None where that is for a change to tell."""
        typed = [word.lower() for word in words]
        try:
            match typed:
                case ["approve" | "reject" as verb, *rest]:
                    return await self._pressed(verb, rest, place)
                case ["rename" | "leave", *_]:
                    return await self._person(typed), Outcome.ANSWERED
            return await self._done(typed), Outcome.ANSWERED
        except (_Wrong, NobodyPressedError, TooMuch, Unavailable, aiohttp.ClientError, TimeoutError) as error:
            return _unanswered(error)

    async def _pressed(self, verb: str, rest: Sequence[str], place: Conversation) -> tuple[View, Outcome | None]:
        start, who = _named(rest)
        view, counts = await self.second.press(verb, place, start, who)
        return view, None if counts else Outcome.REFUSED

    async def _done(self, words: Sequence[str]) -> View:
        match words:
            case [] | ["status"]:
                return self._status(await self._ask("GET"), await self.second.requests())
            case ["break", *named] if len(named) <= 2:  # noqa: PLR2004 - what, and how
                return await self._break(*named)
            case ["heal"]:
                return _healed("everything", await self._ask("DELETE"))
            case ["heal", what]:
                return _healed(what, await self._ask("DELETE", what=what))
            case ["wait", length]:
                return await self._waited(length)
            case ["past", days]:
                return await self._past(days)
        raise _Wrong("There is no such /sandbox command")

    async def _waited(self, text: str) -> View:
        """Wait, so that a script can see what comes by itself; of more than minutes, only what is scheduled."""
        length = _length(text)
        if length <= _REALLY:
            await asyncio.sleep(length.total_seconds())
            return Notice(f"Waited for {spoken(length)}")
        await pass_time(length, self.second.hubs.values(), self._jump)
        return Notice(f"{spoken(length)} have passed", timed("It is ", minute(now()), "."))

    async def _jump(self, ahead: timedelta) -> None:
        await _asked(self.clock, "POST", {"ahead": ahead.total_seconds()})

    def _status(self, answer: Json, waiting: Sequence[PendingRequest]) -> View:
        broken = answer["broken"]
        title = f"Broken: {', '.join(broken)}" if broken else "Nothing is broken in the sandbox"
        sections: tuple[Section, ...] = (_requests(waiting), _faults(answer["can"], broken))
        second = self.second.free_for(waiting[0].change) if waiting else None
        buttons = (*(_pressing(waiting[0], second) if second else ()), *_healing(broken))
        return Notice(title, "", Tone.WARNING if broken else Tone.NOTE, sections, buttons)

    async def _break(self, what: str = "", how: str = "") -> View:
        if not what:
            return _breakable(await self._ask("GET"))
        return _broken(what, await self._ask("PUT", body={"what": what, "how": how}))

    async def _past(self, days: str) -> View:
        try:
            return await self.past(days)
        except ValueError as error:
            raise _Wrong(str(error)) from None

    async def _ask(self, method: str, body: Json | None = None, **query: str) -> Json:
        return _right(await _asked(self.faults, method, body, **query))

    async def _person(self, words: Sequence[str]) -> View:
        """Give a person in Entra another name, or remove them."""
        match words:
            case ["rename", upn, name]:
                return _named_anew(upn, await self._entra("PATCH", upn, {"userPrincipalName": name}))
            case ["leave", upn]:
                return _gone(await self._entra("DELETE", upn))
        raise _Wrong("A person of Entra is named, and the new name after it")

    async def _entra(self, method: str, upn: str, body: Json | None = None) -> Json:
        address = f"{self.faults.removesuffix('faults')}people/{quote(upn, safe='')}"
        return _right(await _asked(address, method, body))


def _right(answer: Json) -> Json:
    if "error" in answer:
        raise _Wrong(f"{answer['error'][:1].upper()}{answer['error'][1:]}")
    return answer


async def breakable(faults: str) -> Mapping[str, Sequence[str]]:
    """Return what can be broken, and in which ways. Raise aiohttp.ClientError."""
    can: Mapping[str, Sequence[str]] = (await _asked(faults, "GET"))["can"]
    return can


async def _asked(faults: str, method: str, body: Json | None = None, **query: str) -> Json:
    async with (
        aiohttp.ClientSession(timeout=_WITHIN, trust_env=False) as session,
        session.request(method, faults, json=body, params=query) as response,
    ):
        answer: Json = await response.json()
        return answer


def _unanswered(error: Exception) -> tuple[View, Outcome]:
    match error:
        case _Wrong():
            return Notice(str(error), "", Tone.WARNING, (Facts((Fact("Type", "; ".join(_USAGE)),)),)), Outcome.INVALID
        case NobodyPressedError():
            return Notice(str(error), error.why), Outcome.INVALID
        case TooMuch():
            return Notice("Too much at once", str(error), Tone.WARNING), Outcome.LIMITED
        case Unavailable():
            return Notice("The bot's records do not answer", str(error), Tone.BAD), Outcome.UNAVAILABLE
    return Notice("The sandbox does not answer", "", Tone.BAD), Outcome.UNAVAILABLE


def _is_ours(words: Sequence[str]) -> bool:
    return bool(words) and words[0].lower() in _WORDS


def _named(rest: Sequence[str]) -> tuple[str, str]:
    """Return the id and the person that are named, each empty where it is not."""
    match rest:
        case [] | [_] if "--as" not in rest:
            return "".join(rest), ""
        case ["--as", who] | ["--as", who, _] if who != "--as":
            return "".join(rest[2:]), who
        case [start, "--as", who]:
            return start, who
    raise _Wrong("An answer takes an id and a person at most")


def _faults(can: Json, broken: Json) -> Table:
    rows = ((Cell(what), _state(broken.get(what)), Cell(", ".join(hows))) for what, hows in can.items())
    return Table(_COLUMNS, tuple(rows))


def _breakable(answer: Json) -> View:
    """Return what can be broken, and in which ways, of which the first is the usual one."""
    text = "Type what to break, and how if not in the first of its ways: /sandbox break cert dns."
    return Notice("What can be broken", text, Tone.NOTE, (_faults(answer["can"], answer["broken"]),))


def _requests(waiting: Sequence[PendingRequest]) -> Facts:
    """Return what a second person can answer, and how that is typed."""
    facts = [Fact(one.short, f"{one.change.title}, asked by {one.change.requester.name}") for one in waiting]
    how = Fact("A second person answers", "/sandbox approve or /sandbox reject")
    return Facts((*facts, how) if facts else (Fact("Waits for an approval", "nothing"),))


def _pressing(newest: PendingRequest, second: Inhabitant) -> tuple[Button, ...]:
    ways = (("Approve", "approve"), ("Reject", "reject"))
    return tuple(
        typing(f"{title} as {second.name}", f"/sandbox {verb} {newest.short} --as {second.upn}") for title, verb in ways
    )


def _state(one: Json | None) -> Cell:
    return Cell(f"{one['how']}, since {one['since'][11:16]} UTC", Tone.BAD) if one else Cell("well", Tone.GOOD)


def _healing(broken: Json) -> list[Button]:
    return [typing(f"Heal {what}", f"/sandbox heal {what}") for what in broken]


def _broken(what: str, answer: Json) -> View:
    one = answer["broken"][what]
    touched = (Facts((Fact("Touched", ", ".join(one["touched"])),)),) if one["touched"] else ()
    sections: tuple[Section, ...] = touched
    text = f"{one['note']} Alerts come where “/jhub alerts here on” was typed.".strip()
    return Notice(f"Broken: {what} ({one['how']})", text, Tone.WARNING, sections, tuple(_healing({what: one})))


def _healed(what: str, answer: Json) -> View:
    left = answer["broken"]
    text = f"Still broken: {', '.join(left)}." if left else ""
    return Notice(f"{what} is healed", text, Tone.GOOD, (), tuple(_healing(left)))


def _named_anew(upn: str, person: Json) -> View:
    text = "In Entra alone: the hub knows nothing of it yet. “/jhub storage doctor” finds it."
    return Notice(f"{upn} is now {person['userPrincipalName']}", text, Tone.WARNING)


def _gone(person: Json) -> View:
    text = "In Entra alone: the home is still there. “/jhub storage doctor” finds it."
    return Notice(f"{person['userPrincipalName']} has left", text, Tone.WARNING)


def _length(text: str) -> timedelta:
    try:
        length = duration(text)
    except ValueError as error:
        raise _Wrong(f"“{text}” is not a duration: {error}") from None
    if length > _LONGEST:
        raise _Wrong(f"at most {spoken(_LONGEST)} at a time")
    return length
