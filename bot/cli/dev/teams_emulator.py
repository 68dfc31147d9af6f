"""A small Teams on this machine: it delivers what people type and click to the bot, and stores what the bot answers.

It speaks the Bot Connector's protocol over HTTP, so that what is tried here goes the way of a real message.
"""

import asyncio
import contextlib
import html
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from bot.cli.dev.card_actions import Json
from bot.cli.dev.sandbox_process import Inhabitant

# Ids of personal chats begin so in Teams.
_CHAT = "a:"
BOT = {"id": "28:jhub-bot", "name": "JupyterHub"}


def chat_of(person: Inhabitant) -> str:
    """Return the id of the bot's chat with one person."""
    return f"{_CHAT}{person.id}"


@dataclass
class LocalTeams:
    """One channel with the bot in it, and a chat with each of `people`, who have the app.

    `on_activity` is called with all that the bot sends ("send") or edits ("update"). While it is `down`, it answers 502
    to everything that the bot asks.
    """

    tenant: str
    channel: str = "19:general@thread.tacv2"
    on_activity: Callable[[str, Json], None] = lambda _operation, _activity: None
    people: Sequence[Inhabitant] = ()
    activities: dict[str, Json] = field(default_factory=dict)
    url: str = ""
    bot_url: str = ""
    down: bool = False
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _session: aiohttp.ClientSession | None = None

    async def say(self, person: Inhabitant, text: str, *, privately: bool = False) -> None:
        """Write in the channel, the bot mentioned. Raise RuntimeError when the bot does not take it.

        `privately` is what picking a command from the slash menu does: no mention, and nobody else sees it.
        """
        message = self.targeted(person, text) if privately else self.message(person, text)
        status = await self.deliver(message)
        if status not in (200, 202):
            raise RuntimeError(f"the bot answered {status} to a message")

    def message(self, person: Inhabitant, text: str) -> Json:
        """Return a message with the bot mentioned, as `deliver` takes it."""
        mention = f"<at>{BOT['name']}</at>"
        return self._activity(person) | {
            "type": "message",
            "text": f"{mention} {html.escape(text, quote=False)}",
            "textFormat": "xml",
            "entities": [{"type": "mention", "text": mention, "mentioned": BOT}],
        }

    def targeted(self, person: Inhabitant, text: str) -> Json:
        """Return a message that only the person and the bot see, in a thread of its own."""
        activity = self._activity(person)
        thread = activity["conversation"] | {"id": f"{self.channel};messageid={activity['id']}"}
        recipient = BOT | {"isTargeted": True}
        return activity | {"type": "message", "text": text, "recipient": recipient, "conversation": thread}

    async def deliver(self, activity: Json) -> int:
        """Hand an activity to the bot, once more if it was before. Return the status. Raise aiohttp.ClientError."""
        return (await self._deliver(activity))[0]

    async def click(self, person: Inhabitant, card: str, action: Json) -> Json:
        """Press a button of the message `card`; `action` is its Action.Execute. Return the bot's invoke answer.

        Raise RuntimeError when the bot does not take it.
        """
        status, answer = await self._deliver(self.pressing(person, card, action))
        if status != 200 or not isinstance(answer, dict):  # noqa: PLR2004 - OK, as the protocol has it
            raise RuntimeError(f"the bot answered {status} to a click")
        return answer

    def pressing(self, person: Inhabitant, card: str, action: Json) -> Json:
        """Return the activity that Teams sends for a press of a button of the message `card`."""
        return (
            self._activity(person)
            | self._place_of(card)
            | {
                "type": "invoke",
                "name": "adaptiveCard/action",
                "replyToId": card,
                "value": {
                    "action": {k: action[k] for k in ("type", "verb", "data", "id") if k in action},
                    "trigger": "manual",
                },
            }
        )

    def _place_of(self, card: str) -> Json:
        """Return the place of a card, if that is not the channel."""
        chat = self.activities.get(card, {}).get("conversation", {}).get("id", "")
        if not chat.startswith(_CHAT):
            return {}
        where = {"id": chat, "conversationType": "personal", "tenantId": self.tenant}
        return {"conversation": where, "channelData": {"tenant": {"id": self.tenant}}}

    def _activity(self, person: Inhabitant) -> Json:
        return {
            "id": f"in-{next(self._ids)}",
            "channelId": "msteams",
            "serviceUrl": self.url,
            "from": {"id": f"29:{person.id}", "name": person.name, "aadObjectId": person.object_id},
            "recipient": BOT,
            "conversation": {
                "id": f"{self.channel};messageid=1",
                "conversationType": "channel",
                "isGroup": True,
                "tenantId": self.tenant,
            },
            "channelData": {
                "tenant": {"id": self.tenant},
                "team": {"id": "19:team@thread.tacv2"},
                "channel": {"id": self.channel},
            },
        }

    async def _deliver(self, activity: Json) -> tuple[int, object]:
        assert self._session is not None  # noqa: S101 - open while the block of local_teams lasts
        async with self._session.post(f"{self.bot_url}/api/messages", json=activity) as response:
            is_json = response.content_type == "application/json"
            return response.status, await response.json() if is_json else None

    async def _send(self, request: web.Request) -> web.Response:
        activity = await request.json()
        if is_private(activity) != _asked_privately(request):
            return _bad_argument("the recipient and isTargetedActivity do not agree")
        return web.json_response({"id": self._keep(activity)}, status=201)

    async def _begin(self, request: web.Request) -> web.Response:
        """Begin a new thread in the channel, or a chat with one person."""
        asked = await request.json()
        if asked.get("members"):
            return self._chat_with(asked["members"][0]["id"])
        channel = asked["channelData"]["channel"]["id"]
        made = self._keep(asked["activity"])
        return web.json_response({"id": f"{channel};messageid={made}", "activityId": made}, status=201)

    def _chat_with(self, member: str) -> web.Response:
        person = next((one for one in self.people if member in (f"29:{one.id}", one.object_id)), None)
        if person is None:
            refusal = {"error": {"code": "ForbiddenOperationException", "message": "The app is not installed."}}
            return web.json_response(refusal, status=403)
        return web.json_response({"id": chat_of(person)}, status=201)

    async def _members(self, _request: web.Request) -> web.Response:
        listed = [
            {"id": f"29:{one.id}", "name": one.name, "objectId": one.object_id, "userPrincipalName": one.upn}
            for one in self.people
        ]
        return web.json_response({"members": listed})

    def _keep(self, activity: Json) -> str:
        made = f"out-{next(self._ids)}"
        self.activities[made] = activity | {"id": made}
        self.on_activity("send", self.activities[made])
        return made

    async def _edit(self, request: web.Request) -> web.Response:
        card = request.match_info["activity"]
        if card not in self.activities:
            raise web.HTTPNotFound
        activity, before = await request.json() | {"id": card}, self.activities[card]
        if is_private(before) != _asked_privately(request) or (is_private(before) and "recipient" in activity):
            return _bad_argument("whom a message is for cannot be changed")
        if is_private(before):
            activity["recipient"] = before["recipient"]
        self.activities[card] = activity
        self.on_activity("update", activity)
        return web.json_response({"id": card})

    @web.middleware
    async def _gateway(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.down:
            raise web.HTTPBadGateway
        return await handler(request)

    def routes(self) -> web.Application:
        """Return the connector's half."""
        app = web.Application(middlewares=[self._gateway])
        app.router.add_post("/v3/conversations", self._begin)
        app.router.add_get("/v3/conversations/{conversation}/pagedmembers", self._members)
        app.router.add_post("/v3/conversations/{conversation}/activities", self._send)
        app.router.add_post("/v3/conversations/{conversation}/activities/{activity}", self._send)
        app.router.add_put("/v3/conversations/{conversation}/activities/{activity}", self._edit)
        return app

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["LocalTeams"]:
        """Listen on a free loopback port while the block lasts."""
        runner = web.AppRunner(self.routes(), access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60), trust_env=False) as self._session:
                yield self
        finally:
            await asyncio.shield(runner.cleanup())


def is_private(activity: Json) -> bool:
    """Return True if only its recipient sees the message."""
    return bool(activity.get("recipient", {}).get("isTargeted"))


def _asked_privately(request: web.Request) -> bool:
    return request.query.get("isTargetedActivity") == "true"


def _bad_argument(why: str) -> web.Response:
    return web.json_response({"error": {"code": "BadArgument", "message": why}}, status=400)
