"""Levels by the membership of Entra groups."""

from collections.abc import Sequence

from bot.access.ports import MemberDirectory, nobody_at
from bot.chat.object_ids import object_id as spelled
from bot.config.access import AccessSettings
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
        """The configured groups this person is in."""
        if not self._groups:
            return ()
        found = await self._directory.member_groups(object_id, frozenset(known for _, known, _ in self._groups))
        held = {group.lower() for group in found}
        return [(level, name) for level, known, name in self._groups if known in held]

    def holders(self, level: int) -> Sequence[str]:
        """The groups' names."""
        return [name for held, _, name in self._groups if held >= level]

    def way_in(self, level: int) -> str:
        """Who can add people to the groups: their owners, and those who may do everything here."""
        names, admins = self.holders(level), self.holders(Level.ADMIN)
        if not names:
            return nobody_at(level, f"set access.{Level(level).title}")
        admin = f" or an admin of the bot (a member of “{admins[0]}”)" if admins and admins[0] != names[0] else ""
        return f"To get access, ask an owner of the group “{names[0]}”{admin} to add you to that group."

    async def object_id(self, upn: str) -> str:
        """The directory's answer."""
        return spelled((await self._directory.user(upn)).object_id)

    async def upn(self, object_id: str) -> str:
        """The directory's answer."""
        return (await self._directory.user(object_id)).upn
