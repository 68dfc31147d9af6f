"""The table of all commands, made from their declarations; run as a script, it writes docs/commands.md.

The page is committed, so that it can be read where the repository is; a test holds it to the declarations.
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from commands.framework.command import Command, Level, Query, Topic
from commands.framework.registry import catalogue
from commands.framework.usage import usage
from commands.help.help import asks

PAGE = Path(__file__).parents[1] / "commands.md"
# The page that tells more about a topic.
MORE = {
    Topic.STATUS: "logs.md",
    Topic.RELEASES: "deploying.md",
    Topic.STORAGE: "permissions.md",
    Topic.NODES: "azure.md",
    Topic.LOGIN: "login.md",
    Topic.ALERTS: "alerts.md",
    Topic.BOT: "permissions.md",
}
_BEGIN, _END = "<!-- the commands: written by docs/hooks/command_table.py -->", "<!-- end of the commands -->"
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|])")


def by_topic() -> dict[Topic, list[Command]]:
    """Return the commands of each topic, in the order in which help lists both."""
    ranked = sorted(catalogue(), key=lambda command: (command.rank, command.name))
    return {topic: [command for command in ranked if command.topic is topic] for topic in Topic}


def put(page: str, cell: Callable[[Command], str] | None = None) -> str:
    """Return the page with the present table; `cell` returns how a command is typed, linked or not."""
    before, _, rest = page.partition(_BEGIN)
    return "\n".join([f"{before}{_BEGIN}", *_tables(cell or typed), f"\n{_END}{rest.partition(_END)[2]}"])


def typed(command: Command) -> str:
    """Return a command as it is typed, as code in a table's cell."""
    return f"`{usage(command)}`".replace("|", r"\|")


def who(command: Command) -> str:
    """Return who may run a command."""
    return "everyone" if command.level is Level.ANYONE else f"{command.level.title}s"


def asked(command: Command) -> str:
    """Return who has to approve a command before it acts."""
    return "nobody" if isinstance(command, Query) else asks(command)


def plain(text: str) -> str:
    """Return a text of a declaration as Markdown that shows it literally."""
    return _MARKUP.sub(r"\\\1", text)


def _tables(cell: Callable[[Command], str]) -> Iterator[str]:
    for topic, members in by_topic().items():
        yield f"\n## {topic.title}\n\n| Command | What it does | Who | Asks |\n|---|---|---|---|"
        for command in members:
            yield f"| {cell(command)} | {plain(command.summary)} | {who(command)} | {asked(command)} |"


if __name__ == "__main__":
    PAGE.write_text(put(PAGE.read_text("utf-8")), "utf-8")
    sys.exit()
