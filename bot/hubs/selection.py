"""The hub that a command is for where it names none, by conversation."""

from collections.abc import Callable, Mapping, Sequence

from bot.access.access import Access
from bot.changes.repository import Changes
from bot.chat.intercepted import InterceptedConversation
from bot.chat.platform import Conversation, Places
from bot.hubs.choices import ChosenHubs
from bot.hubs.labels import labelling
from commands.framework.errors import UserError
from commands.ports.bot_state import HubChoice, HubSummary


class HubSelection:
    """Selects by the configuration, else by what people chose there, else the first hub.

    What they chose is kept in memory as well: what is shown need not wait for the store.
    """

    def __init__(
        self,
        hubs: Sequence[HubSummary],
        configured: Mapping[str, str],
        chosen: ChosenHubs,
        access: Callable[[str], Access],
    ) -> None:
        """`hubs` are all there are, the first one first, and `configured` their names by channel where that is fixed.

        `access` tells of one of them, by its name, who may do what with it.
        """
        self._names = tuple(hub.name for hub in hubs)
        self._hubs = tuple(hubs)
        self._configured = configured
        self._chosen = chosen
        self._known: dict[str, str] = {}
        self._access = access

    async def load(self) -> None:
        """Read what is on record. Raise Unavailable."""
        self._known = await self._chosen.all()

    @property
    def several(self) -> bool:
        """True if there is a choice at all."""
        return len(self._names) > 1

    @property
    def first(self) -> str:
        """The hub that is selected where nobody says anything else."""
        return self._names[0]

    def choice(self, hub: str) -> HubChoice:
        """Return all there are, as a command for `hub` sees them."""
        return HubChoice(hub, self._hubs, self._refusal)

    async def _refusal(self, hub: str, object_id: str, level: int) -> str:
        access = self._access(hub)
        return "" if await access.level_of(object_id) >= level else access.way_in(level)

    def seen(self, place: Conversation) -> str:
        """Return the hub selected there as far as this process knows; of another replica's news it hears later."""
        return self._found(place.own.id)

    def place(self, hub: str, conversation: Conversation) -> Conversation:
        """Return the conversation as one hub writes to it."""
        if not self.several:
            return conversation
        return InterceptedConversation(conversation, labelling(hub, lambda there: self.seen(there) == hub))

    async def asked(self, place: Conversation, named: str = "") -> str:
        """Return the hub that is `named`, else the one selected there. Raise UserError if unknown, Unavailable."""
        if not named and self.several:
            await self.load()
        hub = named or self.seen(place)
        if hub in self._names:
            return hub
        hints = (f"/jhub --hub {name} status" for name in self._names)
        if named:
            raise UserError(f"There is no hub “{named}”.", *hints)
        raise UserError(
            f"Commands here are meant for the hub “{hub}”, which the bot no longer runs. Name another hub.", *hints
        )

    async def choose(self, place: Conversation, hub: str) -> bool:
        """Select `hub` there. Return False where the configuration fixes another one. Raise Unavailable."""
        conversation = place.own.id
        if conversation in self._configured:
            return self._configured[conversation] == hub
        await self._chosen.choose(conversation, hub)
        self._known[conversation] = hub
        return True

    def _found(self, conversation: str) -> str:
        return self._configured.get(conversation) or self._known.get(conversation) or self.first


class HubSwitch:
    """Selects a hub where a change was asked for: implements `commands.ports.bot_state.ChoiceWrites`."""

    def __init__(self, selection: HubSelection, changes: Changes, places: Places) -> None:
        self._selection = selection
        self._changes = changes
        self._places = places

    async def set_default(self, operation: str, hub: str) -> bool:
        """Select `hub` where the change `operation` was asked for. Return False where the configuration forbids it."""
        asked = await self._changes.get(operation)
        if asked is None:
            raise LookupError(f"change {operation} is not on record")
        return await self._selection.choose(self._places(asked.place), hub)
