"""Teams as the rest of the bot sees it: deliveries become messages and clicks, cards go out by the outbox."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from botbuilder.core import InvokeResponse, Middleware

from bot.chat.platform import Listener, Member
from bot.runtime.clock import Clock, SystemClock
from bot.runtime.periodic import background
from bot.teams.activity_handler import ROSTER_WITHIN, Forget, JHubActivityHandler, Met, Welcome
from bot.teams.adapter import TeamsAdapter
from bot.teams.auth.inbound import InboundAuthenticator, LoopbackAuthenticator, TokenAuthenticator
from bot.teams.auth.jwks import SigningKeys
from bot.teams.auth.outbound_tokens import NoTokens, TokenSource, azure_tokens
from bot.teams.auth.token_validation import TokenCheck
from bot.teams.background import Background
from bot.teams.connector_client import Connector, open_session
from bot.teams.conversations.direct_chats import DirectChats
from bot.teams.conversations.reference import ConversationReference
from bot.teams.delivery import Delivery
from bot.teams.delivery_errors import ConversationGone, DeliveryUnknown, NotDelivered, Unacceptable
from bot.teams.duplicates import DuplicateFilter
from bot.teams.errors import RequestRejected
from bot.teams.middleware import Correlation, Duplicates, OnlyTeams, Outsiders, ServedTenants
from bot.teams.outbox.conversation import TeamsConversation
from bot.teams.outbox.outbox import Outbox
from bot.teams.roster import member_of, role_of
from bot.teams.settings import TeamsSettings
from bot.teams.turn import Reply
from clients.errors import Unavailable

_LOG = logging.getLogger("jhub_bot.teams")

# People of other organisations, and whoever joined by a link, have no say in this one's hub.
_OUTSIDERS: Final = ("guest", "anonymous")


@dataclass(frozen=True)
class _Callbacks:
    """Receivers of what arrives."""

    listener: Listener
    forget: Forget | None
    welcome: Welcome | None
    met: Met | None


@dataclass(frozen=True)
class _Open:
    """Parts that exist from entering the channel on."""

    outbox: Outbox
    adapter: TeamsAdapter
    handler: JHubActivityHandler
    chats: DirectChats


class TeamsChannel:
    """The bot's side of Teams. An asynchronous context manager: it works from entering to leaving it.

    `listener` is told of every new message and click. On leaving, messages being dealt with and states not shown yet
    get `grace` seconds each. `forget` is called with a function that matches addresses of places that the bot was
    removed from, `welcome` with each place that it was added to, and by whom where Teams has a name: more than once,
    for Teams says so more than once. `met` is called with each person who writes to the bot alone, and the address of
    that chat.

    Raises ValueError on entering, where the settings are no good for azure-identity. `handler` answers Bot Framework's
    activities and `middleware` stands before it, behind the bot's own: this is where a further ability of Teams is put
    in. `tokens` and `clock` are for tests.
    """

    def __init__(
        self,
        settings: TeamsSettings,
        listener: Listener,
        *,
        forget: Forget | None = None,
        welcome: Welcome | None = None,
        met: Met | None = None,
        handler: type[JHubActivityHandler] = JHubActivityHandler,
        middleware: Sequence[Middleware] = (),
        grace: float = 5.0,
        tokens: TokenSource | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._handler = handler
        self._callbacks = _Callbacks(listener, forget, welcome, met)
        self._middleware = middleware
        self._grace = grace
        self._tokens = tokens
        self._clock = clock or SystemClock()
        self._background = Background(grace)
        self._closing = False
        self._stack = AsyncExitStack()
        self._keys: SigningKeys | None = None
        self._authenticator: InboundAuthenticator = LoopbackAuthenticator(settings)
        self._opened: _Open | None = None

    async def __aenter__(self) -> Self:
        tokens = self._tokens or (NoTokens() if self._settings.local else azure_tokens(self._settings))
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(open_session())
            self._opened = self._open(Outbox(Connector(session, tokens, self._settings), self._clock))
            if not self._settings.local:
                self._keys = SigningKeys(session, self._settings.metadata_url, self._clock)
                self._authenticator = TokenAuthenticator(self._settings, TokenCheck(self._settings.app_id, self._keys))
                await stack.enter_async_context(background(self._keys.keep_fresh(), name="signing keys"))
            stack.push_async_callback(self._opened.outbox.close, self._grace)
            stack.push_async_callback(self._background.finish)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        await self._stack.aclose()

    def _open(self, outbox: Outbox) -> _Open:
        adapter = TeamsAdapter(outbox, self._clock)
        inbox: DuplicateFilter[InvokeResponse | None] = DuplicateFilter(self._clock)
        own = (
            OnlyTeams(),
            ServedTenants(self._settings),
            Correlation(),
            Duplicates(inbox),
            Outsiders(self._settings, outbox, self._background, inbox),
        )
        for one in (*own, *self._middleware):
            adapter.use(one)
        chats = DirectChats(outbox.begin, outbox.members, self._clock)
        callbacks = self._callbacks
        handler = self._handler(
            callbacks.listener,
            outbox,
            self._background,
            forget=callbacks.forget,
            welcome=callbacks.welcome,
            met=callbacks.met,
            # The Playground has no reactions.
            notices=not self._settings.local,
        )
        return _Open(outbox, adapter, handler, chats)

    @property
    def authenticator(self) -> InboundAuthenticator:
        """Authenticator of inbound requests."""
        return self._authenticator

    @property
    def not_ready(self) -> str:
        """Reason why nobody can be served yet, empty when they can."""
        if self._closing or self._opened is None:
            return "the bot is not running"
        if self._keys is not None and not self._keys.known:
            return "the signing keys of Bot Framework are not known yet"
        return ""

    @property
    def busy(self) -> bool:
        """True while a message is being handled, or a state still has to be shown."""
        return len(self._background) > 0 or (self._opened is not None and self._opened.outbox.busy)

    @property
    def adapter(self) -> TeamsAdapter:
        """Adapter by which Bot Framework's code begins a turn of its own. Raises RuntimeError before entering."""
        return self._parts.adapter

    def conversation(self, reference: ConversationReference) -> TeamsConversation:
        """Return a place to write in, known from a message or remembered from long ago."""
        return TeamsConversation(self._parts.outbox, reference)

    def place(self, address: str) -> TeamsConversation:
        """Return the conversation whose `address` this once was. Raise ValueError."""
        return self.conversation(ConversationReference.from_address(address))

    async def personal(self, address: str, object_id: str) -> TeamsConversation:
        """Return the chat with one person, as reached from the place with that address. Raise NotFound, Unavailable."""
        return self.conversation(await self._parts.chats.find(ConversationReference.from_address(address), object_id))

    def beside(self, address: str, conversation: str) -> TeamsConversation:
        """Return the channel or group chat of that id, as reached from the place with `address`. Raise ValueError."""
        return self.conversation(ConversationReference.from_address(address).beside(conversation))

    async def present(self, address: str) -> Sequence[Member]:
        """Return the members of the place with that address; nobody where Teams refuses to tell. Raise Unavailable."""
        try:
            async with asyncio.timeout(ROSTER_WITHIN):
                listed = await self._parts.outbox.members(ConversationReference.from_address(address).own)
        except (Unacceptable, ConversationGone) as error:
            _LOG.warning("Teams does not tell who is in a conversation: %s", error)
            return []
        except (TimeoutError, NotDelivered, DeliveryUnknown):
            raise Unavailable("Teams", "did not say who is in the conversation") from None
        return [member_of(one) for one in listed if role_of(one) not in _OUTSIDERS]

    def roster(self, service_url: str, team: str) -> Callable[[], Awaitable[Sequence[Member]]]:
        """Return a function that asks for the members of a team, with at most a few seconds' patience.

        It raises Unavailable.
        """
        tenant = next(iter(self._settings.tenants), "")
        reference = ConversationReference(service_url, team, tenant, self._settings.app_id)
        return lambda: self._members(reference)

    async def _members(self, reference: ConversationReference) -> list[Member]:
        try:
            async with asyncio.timeout(ROSTER_WITHIN):
                listed = await self._parts.outbox.members(reference)
        except TimeoutError:
            raise Unavailable("Teams", f"did not say who is in the team within {ROSTER_WITHIN:.0f} s") from None
        except (NotDelivered, DeliveryUnknown, Unacceptable, ConversationGone):
            raise Unavailable("Teams", "did not say who is in the team") from None
        return [member_of(one) for one in listed if role_of(one) not in _OUTSIDERS]

    async def take(self, delivery: Delivery) -> Reply:
        """Handle a delivery and return the answer: at once, but for a click. Raise RequestRejected 503 when busy."""
        if self._closing or self._background.is_full:
            raise RequestRejected(503, "the bot is busy or about to stop")
        return await self._parts.adapter.process(delivery, self._parts.handler.on_turn)

    @property
    def _parts(self) -> _Open:
        if self._opened is None:
            raise RuntimeError("the channel has not been entered")
        return self._opened
