"""`/sandbox break cert`, typed in the demo's chat: breaks and mends the world that the bot looks after.

It stands before the bot's own listener in the demo and in `jhub-bot try`, and nowhere else: a bot that serves has no
such words.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import aiohttp

from bot.chat import Click, Listener, Message
from bot.outcomes import Outcome
from cards.views import TYPE, Cell, Column, Fact, Facts, Notice, Section, Table, Tone, View, typing
from commands.durations import parse as duration
from commands.durations import spoken
from commands.parse import clean

Json = dict[str, Any]

PACE: Final = 6.0
"""How much faster than usual alerts come and go where things are broken on purpose: in half a minute."""

_WORDS: Final = ("/sandbox", "sandbox")
_LONGEST: Final = timedelta(minutes=10)
_WITHIN: Final = aiohttp.ClientTimeout(total=20)
_USAGE: Final = (
    "/sandbox status",
    "/sandbox break <what> [how]",
    "/sandbox heal [what]",
    "/sandbox wait <duration>",
)
_COLUMNS: Final = (Column("What", 2), Column("State", 4), Column("How it can be broken", 8))


class _Wrong(Exception):  # noqa: N818 - named after what was typed
    """What was typed makes no sense. The message says why."""


@dataclass(frozen=True)
class Meddling:
    """A listener that deals with `/sandbox …` and passes everything else on. `faults` is the sandbox's control.

    `ended` is told how each request ended.
    """

    listener: Listener
    faults: str
    ended: Callable[[Outcome], None] = lambda _: None

    async def on_message(self, message: Message) -> None:
        """Break, mend, tell or wait."""
        words = clean(message.text).split()
        if not _is_ours(words):
            await self.listener.on_message(message)
            return
        message.taken.set()
        view, outcome = await self._answer(words[1:])
        await message.conversation.post(view)
        self.ended(outcome)

    async def on_click(self, click: Click) -> View:
        """The same for buttons that type such a line."""
        words = clean(click.data.get("line", "")).split()
        if click.verb != TYPE or not _is_ours(words):
            return await self.listener.on_click(click)
        view, _ = await self._answer(words[1:])
        return view

    async def _answer(self, words: Sequence[str]) -> tuple[View, Outcome]:
        try:
            return await self._done([word.lower() for word in words]), Outcome.ANSWERED
        except _Wrong as error:
            return Notice(f"{error}", "", Tone.WARNING, (Facts((Fact("Type", "; ".join(_USAGE)),)),)), Outcome.INVALID
        except (aiohttp.ClientError, TimeoutError):
            return Notice("The sandbox does not answer", "", Tone.BAD), Outcome.UNAVAILABLE

    async def _done(self, words: Sequence[str]) -> View:
        match words:
            case [] | ["status"]:
                return _status(await self._ask("GET"))
            case ["break", what]:
                return await self._break(what)
            case ["break", what, how]:
                return await self._break(what, how)
            case ["heal"]:
                return _healed("Everything", await self._ask("DELETE"))
            case ["heal", what]:
                return _healed(what, await self._ask("DELETE", what=what))
            case ["wait", length]:
                return await _waited(length)
        raise _Wrong("The sandbox does not know these words" if words else "Say what to do")

    async def _break(self, what: str, how: str = "") -> View:
        return _broken(what, await self._ask("PUT", body={"what": what, "how": how}))

    async def _ask(self, method: str, body: Json | None = None, **query: str) -> Json:
        async with (
            aiohttp.ClientSession(timeout=_WITHIN, trust_env=False) as session,
            session.request(method, self.faults, json=body, params=query) as response,
        ):
            answer: Json = await response.json()
        if "error" in answer:
            raise _Wrong(f"{answer['error'][:1].upper()}{answer['error'][1:]}")
        return answer


def _is_ours(words: Sequence[str]) -> bool:
    return bool(words) and words[0].lower() in _WORDS


def _status(answer: Json) -> View:
    broken = answer["broken"]
    rows = tuple((Cell(what), _state(broken.get(what)), Cell(", ".join(hows))) for what, hows in answer["can"].items())
    title = f"Broken: {', '.join(broken)}" if broken else "Nothing is broken in the sandbox"
    return Notice(title, "", Tone.WARNING if broken else Tone.GOOD, (Table(_COLUMNS, rows),), tuple(_healing(broken)))


def _state(one: Json | None) -> Cell:
    return Cell(f"{one['how']}, since {one['since'][11:16]}", Tone.BAD) if one else Cell("well", Tone.GOOD)


def _healing(broken: Json) -> list[Any]:
    return [typing(f"Heal {what}", f"/sandbox heal {what}") for what in broken]


def _broken(what: str, answer: Json) -> View:
    one = answer["broken"][what]
    touched = (Facts((Fact("Touched", ", ".join(one["touched"])),)),) if one["touched"] else ()
    sections: tuple[Section, ...] = touched
    text = "Alerts come where “/jhub alerts here on” was typed."
    return Notice(f"Broken: {what} ({one['how']})", text, Tone.WARNING, sections, tuple(_healing({what: one})))


def _healed(what: str, answer: Json) -> View:
    left = answer["broken"]
    text = f"Still broken: {', '.join(left)}." if left else ""
    return Notice(f"Healed: {what}", text, Tone.GOOD, (), tuple(_healing(left)))


async def _waited(text: str) -> View:
    """So that a script of lines can see what comes by itself."""
    try:
        length = duration(text)
    except ValueError as error:
        raise _Wrong(f"{text} is no length of time: {error}") from None
    if length > _LONGEST:
        raise _Wrong(f"at most {spoken(_LONGEST)} at a time")
    await asyncio.sleep(length.total_seconds())
    return Notice(f"Waited for {spoken(length)}")
