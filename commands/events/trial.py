"""The trial of a server before people come. Whatever tries servers is joined here, and nowhere else in this package."""

from dataclasses import dataclass

from commands.framework.command import Steps


@dataclass(frozen=True)
class ServerTrial:
    """How a trial went, in a sentence; empty where none was made. `failed` is True where no server can be used."""

    words: str = ""
    failed: bool = False


async def try_server(profile: str, do: Steps) -> ServerTrial:
    """Have a server of this profile tried as a user would start it, in steps of its own. Return how that went.

    Nothing tries servers yet, and so none is said to have been tried.
    """
    del profile, do
    return ServerTrial()
