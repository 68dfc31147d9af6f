"""Who may do what. The caller is the object id that the platform vouches for, never a name."""

from collections.abc import Sequence

from bot.chat import Person
from bot.config import AccessSettings, Member
from commands.spec import Level


class Access:
    """Levels by object id, from the configuration. Nobody else has any: an empty list lets nobody in."""

    def __init__(self, settings: AccessSettings) -> None:
        self._settings = settings
        self._levels = {member.id.lower(): level for level, members in self._by_level() for member in members}

    def level(self, person: Person) -> Level:
        """The person's highest level; ANYONE for who has none."""
        return self._levels.get(person.object_id.lower(), Level.ANYONE) if person.object_id else Level.ANYONE

    def name(self, object_id: str) -> str:
        """The name the configuration gives, else the first digits of the object id."""
        members = (m for _, listed in self._by_level() for m in listed)
        named = (m.name for m in members if m.name and m.id.lower() == object_id.lower())
        return next(named, f"{object_id[:8]}…")

    def holders(self, level: int) -> Sequence[str]:
        """The names of those with at least this level, highest level last, as the configuration has them."""
        return [m.name for held, members in self._by_level() if held >= level for m in members if m.name]

    def _by_level(self) -> tuple[tuple[Level, Sequence[Member]], ...]:
        s = self._settings
        return (
            (Level.VIEWER, s.viewer),
            (Level.OPERATOR, s.operator),
            (Level.APPROVER, s.approver),
            (Level.ADMIN, s.admin),
        )
