"""`/sandbox …` in a chat: what is broken and mended, and that everything else goes on to the bot."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from aiohttp import web

from bot.chat.platform import Click, Message, Person
from bot.cli.dev.fault_injection import FaultInjection
from bot.cli.dev.past import invent_past
from bot.cli.dev.sandbox_process import SandboxWorld
from bot.cli.dev.second_person import SecondPerson
from bot.instrumentation.outcomes import Outcome
from bot.runtime import wall_clock
from cards.views import Notice, Tone
from tests.world import words

PERSON = Person("1", "t", "Ann")
NO_PAST = partial(invent_past, ())
CAN = {"cert": ["dns", "port80"], "node": ["silent"]}


@dataclass
class Chat:
    """A conversation that keeps what is posted, and the bot behind it."""

    id: str = "c"
    address: str = "c"
    posted: list[Notice] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    ended: list[Outcome] = field(default_factory=list)

    async def post(self, view):
        self.posted.append(view)

    async def on_message(self, message):
        self.passed.append(message.text)

    async def on_click(self, click):
        self.passed.append(click.verb)
        return Notice("passed on")


def nobody(chat):
    """Nobody to answer requests, and none to answer."""
    return SecondPerson(chat, SandboxWorld({"people": []}), {})


@pytest.fixture
async def control(aiohttp_server):
    """The sandbox's control, as far as it answers."""
    broken = {}

    async def put(request):
        asked = await request.json()
        if asked["what"] not in CAN:
            return web.json_response({"error": f"there is no “{asked['what']}”"}, status=400)
        said = {"since": "2026-11-24T21:37:25Z", "touched": ["a", "b"], "note": "A retry mends it."}
        broken[asked["what"]] = {"how": asked["how"] or "dns", **said}
        return web.json_response({"broken": broken, "can": CAN})

    async def rest(request):
        if request.method == "DELETE":
            for what in [request.query["what"]] if "what" in request.query else list(broken):
                broken.pop(what, None)
        return web.json_response({"broken": broken, "can": CAN})

    async def skip(request):
        skipped.append((await request.json())["ahead"])
        return web.json_response({})

    app, skipped = web.Application(), []
    app.router.add_post("/clock", skip)
    app.router.add_put("/faults", put)
    app.router.add_route("*", "/faults", rest)
    server = await aiohttp_server(app)
    server.skipped = skipped
    return server


@pytest.fixture
def chat():
    return Chat()


@pytest.fixture
def say(control, chat):
    faults, clock = (str(control.make_url(path)) for path in ("/faults", "/clock"))
    listener = FaultInjection(chat, faults, clock, nobody(chat), NO_PAST, chat.ended.append)

    async def said(text):
        message = Message("m", PERSON, text, chat)
        await listener.on_message(message)
        return chat.posted[-1] if chat.posted else None

    said.click = listener.on_click
    return said


async def test_break_tell_and_mend(say, chat):
    broken = await say("/sandbox break cert port80")
    assert (broken.title, broken.tone) == ("Broken: cert (port80)", Tone.WARNING)
    assert "a, b" in words(broken)
    assert "A retry mends it. Alerts come where" in words(broken)
    await say("sandbox BREAK Node")
    told = await say("/sandbox")
    assert told.title == "Broken: cert, node"
    assert "dns, since 21:37 UTC" in words(told)
    assert (await say("/sandbox heal cert")).text == "Still broken: node."
    assert (await say("/sandbox heal")).text == ""
    assert (await say("/sandbox status")).title == "Nothing is broken in the sandbox"
    assert chat.ended == [Outcome.ANSWERED] * 6
    assert chat.passed == []


async def test_break_alone_lists_the_faults(say, chat):
    card = await say("/sandbox break")
    assert (card.title, chat.ended) == ("What can be broken", [Outcome.ANSWERED])
    assert "cert" in words(card)
    assert "dns, port80" in words(card)


async def test_its_button_heals(say, chat):
    broken = await say("/sandbox break cert")
    (heal,) = broken.buttons
    view = await say.click(Click("k", PERSON, heal.verb, dict(heal.data), chat))
    assert view.title == "cert is healed"
    assert chat.passed == []


async def test_everything_else_goes_on(say, chat):
    for text in ("/jhub status", "", "sandboxes", "/jhub sandbox break cert"):
        await say(text)
    view = await say.click(Click("k", PERSON, "type", {"line": "/jhub cert retry"}, chat))
    await say.click(Click("k", PERSON, "confirm", {"line": "/sandbox heal"}, chat))
    assert view.title == "passed on"
    assert len(chat.passed) == 6
    assert chat.posted == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("/sandbox break x", "There is no “x”"),
        ("/sandbox wait 1", "“1” is not a duration"),
        ("/sandbox wait 61d", "at most 60 days"),
        ("/sandbox past 0", "“0” is not a number of days: type one from 1 to 60"),
        ("/sandbox past -1", "“-1” is not a number of days"),
        ("/sandbox past 1e9", "“1e9” is not a number of days"),
        ("/sandbox past ٣", "“٣” is not a number of days"),
        ("/sandbox what", "There is no such /sandbox command"),
        ("/sandbox approve 3f2a 3f2b", "takes an id and a person"),
        ("/sandbox approve --as", "takes an id and a person"),
        ("/sandbox reject --as --as", "takes an id and a person"),
    ],
)
async def test_what_makes_no_sense_is_told_with_what_does(say, chat, text, why):
    view = await say(text)
    assert why in view.title
    assert "/sandbox break [what] [how]" in words(view)
    assert chat.ended == [Outcome.INVALID]


async def test_it_waits(say):
    assert (await say("/sandbox wait 0s")).title == "Waited for 0 s"


async def test_more_than_minutes_pass_at_once_for_the_bot_and_for_its_sandbox(say, control, monkeypatch):
    monkeypatch.setattr(wall_clock._Ahead, "length", timedelta(0))
    before = datetime.now(UTC)
    assert (await say("/sandbox wait 44h")).title == "44 h have passed"
    assert timedelta(hours=44) <= wall_clock.now() - before < timedelta(hours=45)
    assert sum(control.skipped) == pytest.approx(44 * 3600, abs=1)


async def test_a_sandbox_that_is_away(chat, unused_tcp_port_factory):
    nowhere = f"http://127.0.0.1:{unused_tcp_port_factory()}"
    away = FaultInjection(chat, f"{nowhere}/faults", f"{nowhere}/clock", nobody(chat), NO_PAST, chat.ended.append)
    await away.on_message(Message("m", PERSON, "/sandbox", chat))
    assert chat.posted[0].tone is Tone.BAD
    assert chat.ended == [Outcome.UNAVAILABLE]
