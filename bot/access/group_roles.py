"""Levels by the membership of Entra groups."""

from collections.abc import Sequence

from bot.access.ports import MemberDirectory, nobody_at
from bot.chat.object_ids import object_id as spelled
from bot.config.access import AccessSettings
from clients.errors import NotFound
from commands.framework.command import Level


class GroupRoles:
    """Levels by membership in configured groups. Nobody else has any: no groups let nobody in."""

    def __init__(self, settings: AccessSettings, directory: MemberDirectory) -> None:
        self._directory = directory
        self._groups = tuple(
            (level, group.id.lower(), group.name or group.id)
            for level, groups in (
                (Level.VIEWER, settings.viewer),
                (Level.OPERATOR, settings.operator),
                (Level.APPROVER, settings.approver),
                (Level.ADMIN, settings.admin),
            )
            for group in groups
        )

    async def groups(self, object_id: str) -> Sequence[tuple[Level, str]]:
        """Return the configured groups this person is in, each with its level. Raise Unavailable."""
        if not self._groups:
            return ()
        found = await self._directory.member_groups(object_id, frozenset(known for _, known, _ in self._groups))
        held = {group.lower() for group in found}
        return [(level, name) for level, known, name in self._groups if known in held]

    def holders(self, level: int) -> Sequence[str]:
        """Return the names of the groups that give at least this level, the lowest level first."""
        return [name for held, _, name in self._groups if held >= level]

    def way_in(self, level: int) -> str:
        """Return a sentence that names an owner or an admin who can add people to the group."""
        names, admins = self.holders(level), self.holders(Level.ADMIN)
        if not names:
            return nobody_at(level, f"set access.{Level(level).title}")
        admin = f" or an admin of the bot (a member of “{admins[0]}”)" if admins and admins[0] != names[0] else ""
        return f"To get access, ask an owner of the group “{names[0]}”{admin} to add you to that group."

    async def object_id(self, upn: str) -> str:
        """Return the object id behind a user principal name, as the directory has it. Raise NotFound, Unavailable."""
        return spelled((await self._directory.user(upn)).object_id)

    async def is_in_directory(self, upn: str) -> bool | None:
        """Return True if somebody has that user principal name. Raise Unavailable."""
        try:
            return bool((await self._directory.user(upn)).object_id)
        except NotFound:
            return False

    async def upn(self, object_id: str) -> str:
        """Return the user principal name of a person, as the directory has it. Raise NotFound, Unavailable."""
        return (await self._directory.user(object_id)).upn
