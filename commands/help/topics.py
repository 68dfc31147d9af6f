"""The commands by topic, in the order in which help and the documentation list them."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final

from commands.framework.command import Command, Topic
from commands.framework.usage import parameters

# Other words for a topic, besides its own.
_ALSO: Final[Mapping[str, Topic]] = {
    "release": Topic.RELEASES,
    "images and releases": Topic.RELEASES,
    "releases and images": Topic.RELEASES,
    "status and users": Topic.STATUS,
    "homes": Topic.STORAGE,
    "home": Topic.STORAGE,
    "node": Topic.NODES,
    "nodes and cost": Topic.NODES,
    "certificate": Topic.LOGIN,
    "certificates": Topic.LOGIN,
    "login and certificate": Topic.LOGIN,
    "alert": Topic.ALERTS,
    "the bot": Topic.BOT,
}


def by_topic(commands: Iterable[Command]) -> dict[Topic, tuple[Command, ...]]:
    """Return the commands of each topic, the most used first; topics without any are left out."""
    ordered = sorted(commands, key=lambda command: (command.rank, command.name))
    found = {topic: tuple(one for one in ordered if one.topic is topic) for topic in Topic}
    return {topic: members for topic, members in found.items() if members}


def topic_of(words: str) -> Topic | None:
    """Return the topic of that name, in any case; None if there is none."""
    name = words.lower()
    return next((topic for topic in Topic if topic.word == name), _ALSO.get(name))


def in_short(commands: Sequence[Command]) -> str:
    """Return their names in a line: `status · users · server stop, refresh`."""
    groups = [list(members) for _, members in groupby(commands, key=lambda command: command.name.split()[0])]
    return " · ".join(part for members in groups for part in _shortened([command.name for command in members]))


def needs_nothing(command: Command) -> bool:
    """Return True if the command can be typed without arguments."""
    return not any(parameter.required for parameter in parameters(command.args))


def _shortened(names: Sequence[str]) -> list[str]:
    """Return names with the same first word, which is written once; all in full where it is a command itself."""
    first, *others = names
    if " " not in first:
        return list(names)
    return [", ".join([first, *(name.partition(" ")[2] for name in others)])]
