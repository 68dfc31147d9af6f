"""The hub's record of a person under the new name: the same record renamed, or a new one in place of the old.

JupyterHub 5.5 renames a user with groups, tokens and shares (`PATCH /users/{name}`). KubeSpawner 7 remembers the name
of a server's claim in the state of the server, though. That stays with the record, and nothing in the API takes it off
a default server: after a rename it would wait for the old claim for ever. There, a new record looks for the claim by
the new name. It is made first, and the old one is deleted last, when no claim is left that its spawners would delete.
"""

from functools import partial

from clients.errors import NotFound, Rejected
from clients.hub import HubUser
from commands.framework.command import Steps
from commands.users.model import Stuck, UserRename
from commands.users.rehoming import find_claim, settled

_PATIENCE = 90.0


async def rename_record(plan: UserRename, do: Steps) -> tuple[str, ...]:
    """Have the hub know the person by the new name. Return what did not work besides. Raise Stuck or Unavailable."""
    if not plan.known:
        return ()
    do.tell("Renaming the user in the hub")
    notes: dict[str, None] = {}
    late = f"The hub still knows {plan.old}."
    look = partial(_is_renamed, plan, notes, do)
    try:
        await settled(look, do, late, _PATIENCE)
    except Rejected as error:
        raise Stuck(str(error)) from None
    return tuple(notes)


async def forget_new_record(plan: UserRename, do: Steps) -> None:
    """Take back a record that this made, where the old one is still there. Every volume has to be back at its claim."""
    if plan.keeps_record or plan.joins or not plan.known or await _user(plan.old, do) is None:
        return
    made = await _user(plan.new, do)
    # Somebody who has logged in by the new name is not taken away.
    if made is not None and made.last_activity is None and not made.servers:
        await do.writes.hub.delete_user(plan.new)


async def is_renamed(plan: UserRename, do: Steps) -> bool:
    """Return True if the hub knows the person by the new name alone."""
    return await _user(plan.old, do) is None and await _user(plan.new, do) is not None


async def _is_renamed(plan: UserRename, notes: dict[str, None], do: Steps) -> bool:
    old, new = await _user(plan.old, do), await _user(plan.new, do)
    if old is None:
        return True
    if old.servers:
        raise Stuck(f"{plan.old} has started a server in the meantime.")
    if plan.keeps_record:
        if new is not None:
            raise Stuck(f"In the meantime somebody logged in as {plan.new}.")
        name = await do.writes.hub.rename_user(plan.old, plan.new)
        return name == plan.new
    await _replace(plan, old, notes, do)
    return False


async def _replace(plan: UserRename, old: HubUser, notes: dict[str, None], do: Steps) -> None:
    await do.writes.hub.create_user(plan.new)
    for group in old.groups:
        if problem := await _join(group, plan.new, do):
            notes[problem] = None
    for move in plan.moves:
        if await find_claim(move.source, do) is not None:
            raise Stuck(f"{move.source} was created again in the meantime, and would be deleted with the user.")
    try:
        await do.writes.hub.delete_user(plan.old)
    except Rejected as error:
        # It goes on stopping a server whose pod has ended.
        do.tell(f"{error} Trying again …")


async def _join(group: str, user: str, do: Steps) -> str:
    try:
        has_joined = await do.writes.hub.join_group(group, user)
    except Rejected as error:
        return f"{user} was not put into the group {group}. {error}"
    return "" if has_joined else f"The hub no longer has the group {group}."


async def _user(name: str, do: Steps) -> HubUser | None:
    try:
        return await do.reads.hub.user(name)
    except NotFound:
        return None
