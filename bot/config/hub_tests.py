"""Settings of tests of the hub by a synthetic user."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bot.config.types import Section

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
Package = Annotated[str, StringConstraints(pattern=rf"^{_NAME}([.]{_NAME})*$", max_length=100)]


class HubTestSection(Section):
    """Tests of the hub by a synthetic user: `/jhub test`, and when the bot makes one by itself."""

    url: str = ""
    """The address at which the bot reaches users' servers; without it, https and the public host, or else hub.url."""
    packages: tuple[Package, ...] = ("jupyterhub", "nb_conda_kernels", "croissance")
    """The Python packages that a server has to have, by the names that are imported; empty for another image."""
    after: tuple[Literal["deploy", "rollback", "scale up", "cluster upgrade"], ...] = ()
    """The commands that are followed by a test, if they succeed; their card then says how it went."""
    on_failed_starts: bool = False
    """Whether the bot tests the hub by itself when two starts of servers have failed within 30 minutes."""
    passed_on: str = Field(default="", max_length=40)
    """The hub on which a tag has to have passed a test before it is deployed here; empty for none."""
