"""The hubs that the bot runs, and the one that answers here."""

from dataclasses import dataclass

from cards.views import Cell, Column, Notice, Table, Tone, View
from commands.framework.command import Level, NoArgs, Query, Topic
from commands.ports.bot_state import HubSummary
from commands.ports.context import Reads

_COLUMNS = (Column("Hub", 3), Column("Release", 3), Column("Namespace", 3), Column("People open", 5))


@dataclass(frozen=True)
class Args(NoArgs):
    """The command takes no arguments."""


async def run(args: Args, reads: Reads) -> View:
    """Return a row for each hub."""
    del args
    choice = reads.choice
    if not choice.several:
        return Notice("The bot runs one hub", "Commands are for it wherever you type them.")
    first = choice.hubs[0].name
    return Notice(
        f"The bot runs {len(choice.hubs)} hubs",
        f"{choice.this} answers you here. “/jhub --hub {first} status” asks {first} wherever you type it; "
        f"“/jhub hubs use {first}” has {first} be meant from then on where you type that.",
        sections=(Table(_COLUMNS, tuple(_row(hub, choice.this) for hub in choice.hubs)),),
    )


def _row(hub: HubSummary, this: str) -> tuple[Cell, ...]:
    tone = Tone.GOOD if hub.name == this else Tone.NOTE
    return Cell(hub.name, tone), Cell(hub.release), Cell(hub.namespace), Cell(hub.host or "—")


COMMAND = Query(
    "hubs",
    "List the bot's hubs and show which one answers you here.",
    Level.VIEWER,
    run,
    Args,
    details="With several of them, --hub <name> in any command says which one it is for.",
    topic=Topic.BOT,
    rank=10,
)
