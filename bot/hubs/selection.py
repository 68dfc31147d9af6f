"""Which hub is meant in a conversation where a command names none."""

from bot.access.access import Access
from bot.changes.repository import Changes
from bot.chat.intercepted import InterceptedConversation
from bot.chat.platform import Conversation, Places
from bot.config.settings import Settings
from bot.hubs.choices import ChosenHubs
from bot.hubs.labels import labelling
from commands.framework.errors import UserError
from commands.ports.bot_state import HubChoice, HubSummary


class HubSelection:
    """As the configuration says, else as people chose there, else the first hub.

    What they chose is kept in memory as well: what is shown need not wait for the store.
    """

    def __init__(self, settings: Settings, chosen: ChosenHubs) -> None:
        self._names = settings.hub_names
        self._hubs = tuple(_seen(name, settings.of(name)) for name in self._names)
        self._fixed = {channel: name for name, hub in settings.hubs.items() for channel in hub.channels}
        self._chosen = chosen
        self._known: dict[str, str] = {}
        self._accesses: dict[str, Access] = {}

    def guard(self, hub: str, access: Access) -> None:
        """Who may do what with one of the hubs. To be called once for each."""
        self._accesses[hub] = access

    async def load(self) -> None:
        """Read what is on record. Raises Unavailable."""
        self._known = await self._chosen.all()

    @property
    def several(self) -> bool:
        """Whether there is a choice at all."""
        return len(self._names) > 1

    @property
    def first(self) -> str:
        """The hub that is meant where nobody says anything else."""
        return self._names[0]

    def choice(self, hub: str) -> HubChoice:
        """All there are, as a command for `hub` sees them."""
        return HubChoice(hub, self._hubs, self._refusal)

    async def _refusal(self, hub: str, object_id: str, level: int) -> str:
        access = self._accesses[hub]
        return "" if await access.level_of(object_id) >= level else access.way_in(level)

    def seen(self, place: Conversation) -> str:
        """The hub that is meant there as far as this process knows; of another replica's news it hears later."""
        return self._found(place.own.id)

    def place(self, hub: str, conversation: Conversation) -> Conversation:
        """The conversation as one hub writes to it."""
        if not self.several:
            return conversation
        return InterceptedConversation(conversation, labelling(hub, lambda there: self.seen(there) == hub))

    async def asked(self, place: Conversation, named: str = "") -> str:
        """The hub that is `named`, else the one meant there. Raises UserError for one that is not, Unavailable."""
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
        """Have `hub` be meant there; False where the configuration says which is. Raises Unavailable."""
        conversation = place.own.id
        if conversation in self._fixed:
            return self._fixed[conversation] == hub
        await self._chosen.choose(conversation, hub)
        self._known[conversation] = hub
        return True

    def _found(self, conversation: str) -> str:
        return self._fixed.get(conversation) or self._known.get(conversation) or self.first


def _seen(name: str, settings: Settings) -> HubSummary:
    return HubSummary(name, settings.release.name, settings.kubernetes.namespace, settings.public.host)


class HubSwitch:
    """Chooses where a change of one hub was asked for: implements `commands.writes.ChoiceWrites`."""

    def __init__(self, meant: HubSelection, changes: Changes, places: Places) -> None:
        self._meant = meant
        self._changes = changes
        self._places = places

    async def set_default(self, operation: str, hub: str) -> bool:
        """Have `hub` be meant where the change `operation` was asked for; False where the configuration forbids it."""
        asked = await self._changes.get(operation)
        if asked is None:
            raise LookupError(f"change {operation} is not on record")
        return await self._meant.choose(self._places(asked.place), hub)
