"""What Entra knows of both names: that they are the same person, that they are two, or nothing."""

from dataclasses import dataclass
from typing import Final

from clients.errors import NotFound, Unavailable
from commands.framework.argument_types import folded
from commands.framework.errors import UserError
from commands.ports.context import Reads

_UNCHECKED: Final = "nobody checked that both names are the same person"


@dataclass(frozen=True)
class IdentityCheck:
    """The result: `same` is True where Entra knows both names as one person; `warnings` are for who has to agree.

    `nobodys` is True where Entra knows nobody by the new name.
    """

    same: bool
    warnings: tuple[str, ...] = ()
    nobodys: bool = False


async def check_identity(old: str, new: str, reads: Reads) -> IdentityCheck:
    """Return what Entra knows of both names. Raise UserError for two people, and for the caller's own name."""
    await _check_caller(old, new, reads)
    before, after = await _remembered(old, reads) or await _object_id(old, reads), await _object_id(new, reads)
    if isinstance(before, Unavailable) or isinstance(after, Unavailable):
        error = before if isinstance(before, Unavailable) else after
        return IdentityCheck(False, (f"{error}: {_UNCHECKED}.",))
    if before and after and before != after:
        raise UserError(
            f"Entra knows {old} and {new} as two people. A home is not handed to somebody else by giving it their name."
        )
    if "@" not in new:
        return IdentityCheck(False, (f"Entra knows names with a domain alone, and {new} has none, so {_UNCHECKED}.",))
    if not after:
        return IdentityCheck(False, (await _unknown(old, new, reads),), nobodys=True)
    if not before:
        return IdentityCheck(False, (f"Entra knows {new}, but nobody named {old}, so {_UNCHECKED}. Make sure of it.",))
    return IdentityCheck(same=True)


async def _unknown(old: str, new: str, reads: Reads) -> str:
    """Return the warning that nobody logs in by the new name, and who meets an empty home meanwhile."""
    said = f"Entra knows nobody named {new}: unless that changes, nobody can log in by that name."
    there = await _object_id(old, reads)
    if there and not isinstance(there, Unavailable):
        said += f" It still knows {old}, who would log in to an empty home."
    return said


async def _check_caller(old: str, new: str, reads: Reads) -> None:
    try:
        own = await reads.access.upn(reads.caller.object_id)
    except (NotFound, Unavailable):
        return
    if folded(own) in (folded(old), folded(new)):
        raise UserError("That is your own name. Have another operator type it.")


async def _remembered(name: str, reads: Reads) -> str:
    """Return the object id that was behind the name when the bot first looked it up; empty if it never did.

    By now the name may be somebody else's.
    """
    if reads.identities is None:
        return ""
    try:
        known = (await reads.identities.known()).get(folded(name))
    except Unavailable:
        return ""
    return known.object_id.lower() if known else ""


async def _object_id(name: str, reads: Reads) -> str | Unavailable:
    """Return the object id behind a name; empty where Entra has nobody by it."""
    if "@" not in name:
        return ""
    try:
        return (await reads.access.object_id(name)).lower()
    except NotFound:
        return ""
    except Unavailable as error:
        return error
