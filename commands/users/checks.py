"""Everything because of which a user is not renamed, each with what to do about it."""

from collections.abc import Sequence

from commands.framework.argument_types import UserName, folded
from commands.framework.errors import UserError
from commands.kubernetes.components import USER_SERVER
from commands.kubernetes.home_places import HomePlaces
from commands.spawner.runs import title
from commands.storage.homes import Home, HomeOwner, pods_mounting, quoted
from commands.storage.snapshots import RESTORED_FROM
from commands.users.seen import Seen


def check_names(old: UserName, new: UserName) -> None:
    """Raise UserError for names that JupyterHub holds to be the same."""
    if old == new:
        raise UserError(f"“{old}” is the name that there is already: type the new one behind it.")
    if folded(old) == folded(new):
        raise UserError(
            f"“{old}” and “{new}” differ only in upper and lower case. JupyterHub writes names in lower case, so both "
            "are the same user: there is nothing to rename."
        )


def check_person(seen: Seen, new: str) -> None:
    """Raise UserError for an administrator, and for a home that cannot be taken along as it is."""
    person = seen.person
    if person.account is not None and person.account.admin:
        raise UserError(
            f"{person.name} is an administrator of the hub, and the hub lets only administrators rename those. Take "
            "the name out of admin_users in the hub's values and deploy, rename, and put the new name in.",
            "/jhub config",
        )
    for home in person.homes:
        _check_home(home, person, seen, new)


def _check_home(home: Home, person: HomeOwner, seen: Seen, new: str) -> None:
    claim, whose = home.claim, title(person.name, home.server)
    again = f"/jhub user rename {quoted(person.name)} {quoted(new)}"
    if claim.terminating and not seen.resumes:
        raise UserError(f"{claim.name} of {whose} is being deleted. Try again once it is gone.", again)
    if claim.phase == "Lost":
        raise UserError(
            f"{claim.name} of {whose} has lost its disk: nothing can be taken along.", "/jhub storage doctor"
        )
    if RESTORED_FROM in claim.annotations and not claim.volume:
        raise UserError(
            f"{claim.name} of {whose} is being restored from {claim.annotations[RESTORED_FROM]}: its disk is created "
            "at the next login. Rename afterwards.",
            again,
        )
    if any(one.claim == claim.name and not one.ready and not one.error for one in seen.snapshots):
        raise UserError(f"A snapshot of {claim.name} is being taken. Rename once it is ready.", again)
    for pod in pods_mounting(claim.name, seen.pods):
        if pod.component != USER_SERVER or (pod.user and folded(pod.user) != folded(person.name)):
            raise UserError(
                f"{claim.name} of {whose} is mounted by pod {pod.name}, which somebody else runs: the bot does not "
                "stop it. Find out whose it is and stop it first."
            )


def check_new(seen: Seen, old: str, *, same: bool) -> None:
    """Raise UserError if somebody has the new name already, unless that is surely the same person with nothing yet."""
    account, homes = seen.other.account, seen.other.homes
    if seen.resumes or (account is None and not homes):
        return
    filled = [home for home in homes if home.claim.volume or RESTORED_FROM in home.claim.annotations]
    show = f"/jhub storage show {quoted(seen.other.name)}"
    if not same:
        who = "a user" if account is not None else "a home of"
        raise UserError(
            f"There is {who} {seen.other.name} already, and nothing says that it is the same person as {old}: Entra "
            "does not know both names as one. Nothing is overwritten.",
            show,
        )
    if filled:
        server = f" --server {quoted(filled[0].server)}" if filled[0].server else ""
        raise UserError(
            f"{old} has logged in as {seen.other.name} already, and has a second home by that name: "
            f"{filled[0].claim.name}. Ask whether anything in it is needed. Delete it, then rename.",
            show,
            f"/jhub storage delete {quoted(seen.other.name)}{server}",
        )
    if account is not None and account.servers:
        raise UserError(
            f"{old} has a server running as {seen.other.name}. Stop it, then rename.",
            f"/jhub server stop {quoted(seen.other.name)}",
        )


def check_scopes(scopes: frozenset[str], groups: Sequence[str]) -> None:
    """Raise UserError where the hub would refuse the bot half way. A hub before 2.0 tells no scopes."""
    needed = ("admin:users", *(("groups",) if groups else ()))
    if scopes and (missing := [one for one in needed if one not in scopes]):
        raise UserError(
            f"The bot's token for the hub lacks the scope {' and '.join(missing)}. Put it into hub.loadRoles of the "
            "hub's values (docs/permissions.md), and deploy them."
        )


def check_places(places: HomePlaces, old: str, new: str) -> None:
    """Raise UserError where the bot cannot tell which claims the hub will look for."""
    if not places.claim:
        return
    why = places.unknown
    before, after = places.place(old), places.place(new)
    if not why and (before is None or after is None):
        why = "the values name homes by a template that the bot cannot read"
    elif before and after and (before.namespace or after.namespace):
        why = "servers run in other namespaces than the hub"
    elif before and after and (before.claim == after.claim or before.folder != after.folder):
        why = "people's homes are folders of one claim, and the bot does not rename folders"
    if why:
        raise UserError(f"The bot cannot move the homes: {why}.")
