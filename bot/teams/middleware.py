"""Middleware that every turn passes before a handler sees it, in the order that `bot.teams.channel` gives it."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import replace
from hashlib import sha256
from typing import Final

from botbuilder.core import InvokeResponse, Middleware, TurnContext
from botbuilder.schema import Activity

from bot.instrumentation.correlation import following
from bot.teams.adapter import CHANNEL
from bot.teams.background import Background
from bot.teams.conversations.reference import ConversationReference
from bot.teams.delivery import CardAction, Delivery
from bot.teams.duplicates import DuplicateFilter, Key
from bot.teams.errors import RequestRejected
from bot.teams.outbox.conversation import TeamsConversation
from bot.teams.outbox.outbox import Outbox
from bot.teams.settings import TeamsSettings
from bot.teams.turn import answer_instead, answer_of, correlation_of, from_outside, reference_of
from cards.views import Notice, Tone

_LOG = logging.getLogger("jhub_bot.teams")

Next = Callable[[], Awaitable[object]]

# Teams stops waiting for the answer to a click somewhat later than this, in seconds.
_CLICK_TIMEOUT: Final = 8.0
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
NOTE: Final = "application/vnd.microsoft.activity.message"
"""The kind of an answer to a click that is told in passing, and leaves the card as it is."""

NOT_THEIRS: Final = Notice(
    "This bot is for the organisation that runs the JupyterHub",
    "You are in this channel as a member of another organisation, so nothing was done. Ask a colleague of the "
    "organisation that this channel belongs to.",
    Tone.WARNING,
)


class OnlyTeams(Middleware):
    """Rejection of what comes by another channel, where a sender's object id is whatever a client wrote there."""

    async def on_turn(self, context: TurnContext, logic: Next) -> None:
        """Raise RequestRejected 403, or go on."""
        channel = context.activity.channel_id or ""
        if channel != CHANNEL:
            named = channel if _NAME.fullmatch(channel) else "another one"
            raise RequestRejected(403, f"only the channel {CHANNEL} is served, not {named}")
        await logic()


class ServedTenants(Middleware):
    """Rejection of what has nothing to do with an organisation that this bot serves."""

    def __init__(self, settings: TeamsSettings) -> None:
        self._settings = settings

    async def on_turn(self, context: TurnContext, logic: Next) -> None:
        """Raise RequestRejected 403, or go on."""
        delivery = from_outside(context)
        tenants = frozenset() if delivery is None else delivery.tenants
        if delivery is not None and not tenants and not self._settings.local:
            raise RequestRejected(403, "the activity names no tenant")
        served = [tenant for tenant in tenants if self._settings.serves(tenant)]
        # Whose conversation it is decides; people of others may be in it.
        if len(served) < len(tenants) and (delivery is None or delivery.host not in served):
            raise RequestRejected(403, "this tenant is not served")
        await logic()


class Outsiders(Middleware):
    """Answer to people of other organisations, in a shared channel of a served one: the bot is not theirs."""

    def __init__(
        self,
        settings: TeamsSettings,
        outbox: Outbox,
        background: Background,
        told: DuplicateFilter[InvokeResponse | None],
    ) -> None:
        self._settings = settings
        self._outbox = outbox
        self._background = background
        # Each of them once in a while: nobody's limits are kept for who is not served.
        self._heard = told

    async def on_turn(self, context: TurnContext, logic: Next) -> None:
        """Go on with what comes from within. Raise RequestRejected 403 for what nobody said."""
        delivery = from_outside(context)
        if delivery is None or all(self._settings.serves(one) for one in delivery.tenants):
            await logic()
        elif delivery.action is not None:
            await context.send_activity(_answering(invoke_response(200, NOTE, NOT_THEIRS.text)))
        elif delivery.type == "message" and not delivery.sender.is_bot:
            if self._heard.is_new(("outsider", delivery.conversation_id, delivery.sender.id)):
                there = replace(reference_of(delivery), tenant_id=delivery.host)
                self._background.start(self._told(there))
        else:
            raise RequestRejected(403, "this tenant is not served")

    async def _told(self, there: ConversationReference) -> None:
        await TeamsConversation(self._outbox, there).post(NOT_THEIRS)


class Correlation(Middleware):
    """One id for everything that a turn does, which is the same when it is delivered again."""

    async def on_turn(self, context: TurnContext, logic: Next) -> None:
        """Go on under the id."""
        delivery = from_outside(context)
        with following(correlation_of(delivery)) if delivery and delivery.id else nullcontext():
            await logic()


class Duplicates(Middleware):
    """One turn for a message however often it is delivered; a click that comes again gets the answer it was given."""

    def __init__(self, inbox: DuplicateFilter[InvokeResponse | None]) -> None:
        self._inbox = inbox

    async def on_turn(self, context: TurnContext, logic: Next) -> None:
        """Go on where it is new. The answer to a click may come from the turn that runs already."""
        delivery = from_outside(context)
        if delivery is None:
            await logic()
        elif delivery.action is not None:
            answer_instead(context, await self._answered(delivery, context, logic))
        elif delivery.type != "message" or self._inbox.is_new(_key(delivery)):
            await self._dealt_with(delivery, logic)
        else:
            _LOG.info("delivered again: message %s", delivery.id)

    async def _dealt_with(self, delivery: Delivery, logic: Next) -> None:
        try:
            await logic()
        except Exception:
            # Teams is told that it failed, and delivers it again.
            self._inbox.forget(_key(delivery))
            raise

    async def _answered(self, delivery: Delivery, context: TurnContext, logic: Next) -> InvokeResponse | None:
        async def turn() -> InvokeResponse | None:
            await logic()
            return answer_of(context)

        try:
            async with asyncio.timeout(_CLICK_TIMEOUT):
                return await self._inbox.once(_key(delivery), turn)
        except TimeoutError:
            return invoke_response(200, NOTE, "Still working on it. The card will update when it is done.")


def invoke_response(status: int, kind: str, value: object) -> InvokeResponse:
    """Return the answer to a card's invoke: HTTP 200 in every case, the status inside (Universal Actions, v1.4)."""
    return InvokeResponse(status=200, body={"statusCode": status, "type": kind, "value": value})


def _answering(response: InvokeResponse) -> Activity:
    """Return the activity that answers an invoke, as a handler's is sent by botbuilder."""
    return Activity(type="invokeResponse", value=response)


def _key(delivery: Delivery) -> Key:
    return (delivery.type, delivery.conversation_id, delivery.id or _print_of(delivery))


def _print_of(delivery: Delivery) -> str:
    """Return what tells an invoke without an id from others: all of it, its sending time included."""
    action = delivery.action or CardAction("", {})
    parts = (delivery.sender.id, delivery.reply_to, delivery.timestamp, action.verb, sorted(action.data.items()))
    return sha256(repr(parts).encode()).hexdigest()
