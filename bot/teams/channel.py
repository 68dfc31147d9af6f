"""Teams as the rest of the bot sees it: deliveries become messages and clicks, cards go out by the outbox."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from types import TracebackType
from typing import Final, Self

from bot.chat import Click, Conversation, Listener, Member, Message, Person, TooMuch
from bot.correlation import following
from bot.teams.activity import Activity, CardAction, Removal
from bot.teams.clock import Clock, SystemClock
from bot.teams.connector import Connector, Gone, NotDelivered, PerhapsDelivered, Unacceptable, open_session
from bot.teams.credentials import NoTokens, Tokens, azure_tokens
from bot.teams.door import Door, LocalDoor, TokenDoor
from bot.teams.inbox import Inbox, Key
from bot.teams.messages import CARD
from bot.teams.outbox import Outbox, TeamsConversation
from bot.teams.personal import PersonalChats
from bot.teams.private import answered, marked, unmarked
from bot.teams.reference import ConversationReference
from bot.teams.refusal import Refusal
from bot.teams.settings import TeamsSettings
from bot.teams.signing_keys import SigningKeys
from bot.teams.tokens import TokenCheck
from cards.adaptive import render
from clients.errors import Unavailable
from commands.usage import quoted

_LOG = logging.getLogger("jhub_bot.teams")

# Teams stops waiting for the answer to a click somewhat later than this, in seconds.
_CLICK_TIMEOUT: Final = 8.0
_TAKEN_WITHIN: Final = 5.0
_ROSTER_WITHIN: Final = 5.0
# People of other organisations, and whoever joined by a link, have no say in this one's hub.
_OUTSIDERS: Final = ("guest", "anonymous")
_MAX_AT_WORK: Final = 1_000
_ERROR = "application/vnd.microsoft.error"
_NOTE = "application/vnd.microsoft.activity.message"


@dataclass(frozen=True)
class Reply:
    """The answer to a delivery: an HTTP status and a JSON body, which invokes must have."""

    status: int
    body: Mapping[str, object] | None = None


class TeamsChannel:
    """The bot's side of Teams. An asynchronous context manager: it works from entering to leaving it.

    `listener` is told of every new message and click. On leaving, messages being dealt with and states not shown
    yet get `grace` seconds each. `forget` is told which addresses are those of places that the bot was removed from,
    `welcome` of each place that it was added to, and by whom where Teams has a name: more than once, for Teams says so
    more than once.
    `met` is told of each person who writes to the bot alone, and of the address of that chat.
    Raises ValueError on entering, where the settings are no good for azure-identity.
    `tokens` and `clock` are for tests.
    """

    def __init__(
        self,
        settings: TeamsSettings,
        listener: Listener,
        *,
        forget: Callable[[Callable[[str], bool]], Awaitable[None]] | None = None,
        welcome: Callable[[Conversation, str], Awaitable[None]] | None = None,
        met: Callable[[Person, str], Awaitable[None]] | None = None,
        grace: float = 5.0,
        tokens: Tokens | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._forget = forget or _keep_all
        self._welcome = welcome or _say_nothing
        self._met = met or _meet_nobody
        self._grace = grace
        self._tokens = tokens
        self._clock = clock or SystemClock()
        self._inbox: Inbox[Reply] = Inbox(self._clock)
        self._at_work: set[asyncio.Task[None]] = set()
        self._closing = False
        self._stack = AsyncExitStack()
        self._keys: SigningKeys | None = None
        self._door: Door = LocalDoor(settings)
        self._outbox: Outbox | None = None
        self._chats: PersonalChats | None = None

    async def __aenter__(self) -> Self:
        tokens = self._tokens or (NoTokens() if self._settings.local else azure_tokens(self._settings))
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(open_session())
            self._outbox = Outbox(Connector(session, tokens, self._settings), self._clock)
            if not self._settings.local:
                self._keys = SigningKeys(session, self._settings.metadata_url, self._clock)
                self._door = TokenDoor(self._settings, TokenCheck(self._settings.app_id, self._keys))
                fresh = asyncio.create_task(self._keys.keep_fresh(), name="signing keys")
                stack.push_async_callback(_cancel, fresh)
            stack.push_async_callback(self._outbox.close, self._grace)
            stack.push_async_callback(self._finish_work)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        await self._stack.aclose()

    @property
    def door(self) -> Door:
        """Who may post."""
        return self._door

    @property
    def not_ready(self) -> str:
        """Why nobody can be served yet, empty when they can."""
        if self._closing or self._outbox is None:
            return "the bot is not running"
        if self._keys is not None and not self._keys.known:
            return "the signing keys of Bot Framework are not known yet"
        return ""

    @property
    def busy(self) -> bool:
        """Whether a message is being dealt with, or a state still has to be shown."""
        return bool(self._at_work) or (self._outbox is not None and self._outbox.busy)

    def conversation(self, reference: ConversationReference) -> TeamsConversation:
        """A place to write in, known from a message or remembered from long ago."""
        return self._sender.conversation(reference)

    def place(self, address: str) -> TeamsConversation:
        """The conversation whose `address` this once was. Raises ValueError."""
        return self.conversation(ConversationReference.from_address(address))

    async def personal(self, address: str, object_id: str) -> TeamsConversation:
        """The chat with one person, as reached from the place with that address. Raises NotFound, Unavailable."""
        chats = self._chats = self._chats or PersonalChats(self._sender.begin, self._sender.members, self._clock)
        return self.conversation(await chats.find(ConversationReference.from_address(address), object_id))

    def beside(self, address: str, conversation: str) -> TeamsConversation:
        """The channel or group chat of that id, as reached from the place with that address. Raises ValueError."""
        return self.conversation(ConversationReference.from_address(address).beside(conversation))

    async def present(self, address: str) -> Sequence[Member]:
        """Who is in the place with that address; nobody where Teams refuses to tell. Raises Unavailable."""
        try:
            async with asyncio.timeout(_ROSTER_WITHIN):
                listed = await self._sender.members(ConversationReference.from_address(address).own)
        except (Unacceptable, Gone) as error:
            _LOG.warning("Teams does not tell who is in a conversation: %s", error)
            return []
        except (TimeoutError, NotDelivered, PerhapsDelivered):
            raise Unavailable("Teams", "did not say who is in the conversation") from None
        return [_member(one) for one in listed if _role(one) not in _OUTSIDERS]

    def roster(self, service_url: str, team: str) -> Callable[[], Awaitable[Sequence[Member]]]:
        """A way to ask who is in a team, with at most a few seconds' patience. It raises Unavailable."""
        tenant = next(iter(self._settings.tenants), "")
        reference = ConversationReference(service_url, team, tenant, self._settings.app_id)
        return lambda: self._members(reference)

    async def _members(self, reference: ConversationReference) -> list[Member]:
        try:
            async with asyncio.timeout(_ROSTER_WITHIN):
                listed = await self._sender.members(reference)
        except TimeoutError:
            raise Unavailable("Teams", f"did not say who is in the team within {_ROSTER_WITHIN:.0f} s") from None
        except (NotDelivered, PerhapsDelivered, Unacceptable, Gone):
            raise Unavailable("Teams", "did not say who is in the team") from None
        return [_member(one) for one in listed if _role(one) not in _OUTSIDERS]

    async def take(self, activity: Activity) -> Reply:
        """Deal with a delivery and return the answer: at once, but for a click. Raises Refusal 503 when busy."""
        if self._closing or len(self._at_work) >= _MAX_AT_WORK:
            raise Refusal(503, "the bot is busy or about to stop")
        if activity.removal is not None:
            await self._removed(activity.removal)
        if activity.arrival and activity.service_url:
            self._start(self._arrived(activity))
        match activity.type:
            case "message":
                await self._take_message(activity)
            case "invoke" if activity.action is not None:
                return await self._take_click(activity, activity.action)
            case "invoke":
                return Reply(501, {"error": "this bot does not support that invoke"})
        return Reply(200)

    async def _removed(self, removal: Removal) -> None:
        _LOG.warning("removed from %s", removal.team_id or removal.conversation_id)
        await self._forget(lambda address: ConversationReference.from_address(address).is_in(removal))

    async def _arrived(self, activity: Activity) -> None:
        _LOG.info("added to %s", activity.arrival)
        reference = ConversationReference(
            service_url=activity.service_url,
            conversation_id=activity.arrival,
            tenant_id=_tenant(activity),
            bot_id=activity.recipient.id,
            bot_name=activity.recipient.name,
            team_id=activity.team_id,
            a_channel=bool(activity.team_id),
        )
        try:
            by = "" if activity.sender.is_bot else activity.sender.name
            await self._welcome(self._sender.conversation(reference), by)
            await self._meet(activity, reference)
        except Unavailable as error:
            _LOG.warning("nobody was greeted in %s: %s", activity.arrival, error)
        except Exception:  # noqa: BLE001 - the platform has its acknowledgement: only the log is left
            _LOG.exception("nobody was greeted in %s", activity.arrival)

    # Messages

    async def _take_message(self, activity: Activity) -> None:
        """Have a message dealt with; return once it need not be delivered again."""
        if activity.sender.is_bot or activity.sender.id == activity.recipient.id:
            return
        if not self._inbox.is_new(_key(activity)):
            _LOG.info("delivered again: message %s", activity.id)
            return
        message = Message(
            id=activity.id,
            sender=_person(activity),
            text=activity.text,
            conversation=self._place(activity),
        )
        with following(message.correlation):
            _LOG.info("message %s, correlation=%s", activity.id, message.correlation)
            self._start(self._guarded(message, activity))
            self._start(self._remembered(activity))
        with suppress(TimeoutError):
            # Long before Teams would deliver it again: what is not on record by then is done all the same.
            async with asyncio.timeout(_TAKEN_WITHIN):
                await message.taken.wait()

    async def _meet(self, activity: Activity, reference: ConversationReference) -> None:
        """Say with whom this chat is, if it is one person's."""
        alone = reference.is_personal and activity.conversation_type in ("", "personal")
        if alone and activity.sender.object_id and not activity.sender.is_bot:
            await self._met(_person(activity), self.conversation(reference.own).address)

    async def _remembered(self, activity: Activity) -> None:
        try:
            await self._meet(activity, self._place(activity).reference)
        except Unavailable as error:
            _LOG.warning("a personal chat is not remembered: %s", error)

    async def _named(self, message: Message, activity: Activity) -> Message:
        """The message with each person who is mentioned by UPN, as commands want them, where Teams tells it."""
        if not activity.people:
            return message
        try:
            async with asyncio.timeout(_ROSTER_WITHIN):
                listed = await self._sender.members(self._place(activity).reference.own)
        except (TimeoutError, NotDelivered, PerhapsDelivered, Unacceptable, Gone) as error:
            _LOG.warning("who is mentioned was not told: %s", type(error).__name__)
            return message
        upns = {one.get("id"): _member(one).upn for one in listed}
        text = message.text
        for name, account in activity.people.items():
            if upn := upns.get(account):
                text = text.replace(f'"{name}"', quoted(upn))
        return replace(message, text=text)

    async def _guarded(self, message: Message, activity: Activity) -> None:
        try:
            await self._listener.on_message(await self._named(message, activity))
        except Exception:  # noqa: BLE001 - the platform has its acknowledgement: only the log is left
            _LOG.exception("reference=%s message=%s failed", message.correlation, message.id)
        finally:
            message.taken.set()

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    async def _finish_work(self) -> None:
        if not self._at_work:
            return
        _, late = await asyncio.wait(self._at_work, timeout=self._grace)
        for task in late:
            await _cancel(task)
        if late:
            _LOG.error("%d messages were not dealt with before the end", len(late))

    # Clicks

    async def _take_click(self, activity: Activity, action: CardAction) -> Reply:
        work = self._inbox.once(_key(activity), lambda: self._click(activity, action))
        try:
            async with asyncio.timeout(_CLICK_TIMEOUT):
                return await work
        except TimeoutError:
            return _invoke(200, _NOTE, "Still working on it. The card will update when it is done.")

    async def _click(self, activity: Activity, action: CardAction) -> Reply:
        place = self._place(activity, action)
        click = Click(
            id=activity.id,
            sender=_person(activity),
            verb=action.verb,
            data=unmarked(action.data),
            conversation=place,
            card_id=activity.reply_to,
        )
        try:
            async with self._sender.clicked(place.reference, activity.reply_to):
                card = render(await self._listener.on_click(click))
                return _invoke(200, CARD, marked(card, place.reference))
        except TooMuch as excess:
            return _invoke(200, _NOTE, str(excess))
        except Exception:  # noqa: BLE001 - a bug: the log gets it, the person a reference
            reference = secrets.token_hex(4)
            _LOG.exception("reference=%s click=%s failed", reference, activity.id)
            words = f"Something went wrong in the bot. Reference for whoever runs it: {reference}"
            return _invoke(500, _ERROR, {"code": "BotError", "message": words})

    @property
    def _sender(self) -> Outbox:
        if self._outbox is None:
            raise RuntimeError("the channel has not been entered")
        return self._outbox

    def _place(self, activity: Activity, action: CardAction | None = None) -> TeamsConversation:
        """Where a message is answered, or what the press of a button leads to."""
        reference = ConversationReference(
            service_url=activity.service_url,
            conversation_id=activity.conversation_id,
            tenant_id=_tenant(activity),
            bot_id=activity.recipient.id,
            bot_name=activity.recipient.name,
            user_id=activity.sender.id,
            reply_to=activity.id if activity.type == "message" else activity.reply_to,
            team_id=activity.team_id,
        )
        return self._sender.conversation(answered(reference, activity, action))


async def _say_nothing(_place: Conversation, _by: str) -> None:
    """Nobody greets."""


async def _meet_nobody(_person: Person, _address: str) -> None:
    """Nobody remembers who wrote."""


async def _keep_all(_: Callable[[str], bool]) -> None:
    """Nobody remembers places."""


def _invoke(status: int, kind: str, value: object) -> Reply:
    """The answer to a card's invoke: HTTP 200 in every case, the status inside (Universal Actions, v1.4)."""
    return Reply(200, {"statusCode": status, "type": kind, "value": value})


def _person(activity: Activity) -> Person:
    return Person(activity.sender.object_id, _tenant(activity), activity.sender.name)


def _member(listed: Mapping[str, object]) -> Member:
    # Whoever is not plainly an owner is a member: a field that is named otherwise must not promote anybody. The id is
    # `objectId` in the service's own answers, `aadObjectId` where an SDK wrote them down.
    object_id = listed.get("aadObjectId") or listed.get("objectId") or ""
    return Member(str(object_id), str(listed.get("userPrincipalName") or ""), _role(listed) == "owner")


def _role(listed: Mapping[str, object]) -> str:
    return str(listed.get("userRole") or "").casefold()


def _tenant(activity: Activity) -> str:
    return min(activity.tenants, default="")


def _key(activity: Activity) -> Key:
    return (activity.type, activity.conversation_id, activity.id or _print_of(activity))


def _print_of(activity: Activity) -> str:
    """What tells an invoke without an id from others: all of it, its sending time included."""
    action = activity.action or CardAction("", {})
    parts = (activity.sender.id, activity.reply_to, activity.timestamp, action.verb, sorted(action.data.items()))
    return sha256(repr(parts).encode()).hexdigest()


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
