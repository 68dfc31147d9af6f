"""The trial of a server before people come: the hub's own test (`/jhub test`), with the profile of the event."""

from collections.abc import Mapping
from dataclasses import dataclass

from cards.views import Tone
from clients.errors import Conflict, NotFound, Rejected, Unavailable
from clients.helm import Release
from commands.framework.argument_types import folded
from commands.framework.command import Steps
from commands.framework.errors import UserError
from commands.hubtest.steps import run_test
from commands.hubtest.subject import planned, profiles


@dataclass(frozen=True)
class ServerTrial:
    """How a trial went, in a sentence; empty where none can be made. `failed` is True where no server can be used.

    `made` is False where the sentence says why none was made.
    """

    words: str = ""
    failed: bool = False
    made: bool = True

    @property
    def tone(self) -> Tone:
        """Good news, bad news, or none."""
        if self.failed:
            return Tone.BAD
        return Tone.GOOD if self.made else Tone.WARNING


async def try_server(profile: str, do: Steps) -> ServerTrial:
    """Have a server of this profile tried as a user would start it, in steps of its own. Return how that went."""
    if do.reads.tests is None or do.writes.testing is None:
        return ServerTrial()
    try:
        slug = _slug(profile, await do.reads.releases.deployed()) if profile else ""
        outcome = await run_test(await planned(do.reads, profile=slug), do)
    except (UserError, Unavailable, NotFound, Rejected, Conflict) as error:
        return ServerTrial(f"No server was tried: {error}", made=False)
    return ServerTrial(" ".join(filter(None, (outcome.words, outcome.left))), failed=not outcome.passed)


def _slug(title: str, live: Release | None) -> str:
    """Return the slug by which the hub knows the profile of that title; the title itself where there is none."""
    listed = live.value("singleuser", "profileList") if live else None
    named = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    found = [one for one in named if folded(str(one.get("display_name") or "")) == folded(title)]
    return next(iter(profiles(found)), title)
