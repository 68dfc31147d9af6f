"""The commands by topic, for each level of the reader.

Buttons lead from the topics to each one's commands, and from there to each command: all on the same card.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Final

from cards.views import Button, Fact, Facts, Help, HelpEntry, View, typing
from commands.framework.argument_types import CommandName
from commands.framework.command import AnyChange, Arg, Command, Consent, Level, Query, Topic
from commands.framework.errors import Suggestion, UserError
from commands.framework.matching import alike
from commands.framework.parser import like
from commands.framework.registry import catalogue
from commands.framework.suggestions import help_on
from commands.framework.usage import common, example, least, parameters, usage
from commands.help.topics import by_topic, in_short, needs_nothing, topic_of
from commands.ports.context import Reads

LEAF: Final = "help"
"""The verb of a button that shows another page of help on the same card."""
ABOUT: Final = "about"
"""What buttons of help carry: the page that they lead to, or that they stand on."""

# Of what is a topic and a command, the command: `/jhub help command status`.
_FORCED: Final = "command "
# Teams shows so many buttons in a row; the way back is to be among them.
_SHOWN: Final = 6


@dataclass(frozen=True)
class Args:
    """A command or a topic; the topics without."""

    command: Annotated[CommandName | None, Arg("a topic or a command", "deploy")] = None


async def run(args: Args, reads: Reads) -> View:
    """Return help on one command, on a topic, or the topics."""
    return page(args.command or "", reads)


def page(about: str, reads: Reads) -> Help:
    """Return the page of help about a topic, a command or the first word of some; the overview for an empty text.

    Raise UserError for anything else.
    """
    level, name = reads.caller.level, about.strip().lower()
    if not name:
        return _overview(level, _way_up(level, catalogue(), reads))
    if (topic := topic_of(name)) is not None:
        return _topic(topic, level, _way_up(level, by_topic(catalogue())[topic], reads))
    name = name.removeprefix("/").removeprefix("jhub ").removeprefix(_FORCED)
    for command in catalogue():
        if command.name == name:
            return _command(command, reads)
    if group := [command for command in catalogue() if command.name.startswith(f"{name} ")]:
        return _group(name, group, level, _way_up(level, group, reads))
    raise _unknown(about)


# The same for everybody of a level, and what people ask for first.
@lru_cache(maxsize=16)
def _overview(level: int, way_up: str) -> Help:
    mine = by_topic(command for command in catalogue() if command.level <= level)
    return Help(
        "What you can type",
        f"{Level(level).held} Press a topic to see what each of its commands does. In a channel, mention the bot "
        "before you type one.",
        allowed=tuple(_named(topic, its) for topic, its in mine.items()),
        others=tuple(
            _named(topic, its, held.can_type)
            for held in Level
            if held > level
            for topic, its in by_topic(command for command in catalogue() if command.level == held).items()
        ),
        footer=f"{way_up} /jhub help <topic> or /jhub help <command> tells more.".strip(),
        buttons=tuple(_leaf(topic.word.capitalize(), topic.word) for topic in by_topic(catalogue())),
    )


def _named(topic: Topic, members: Sequence[Command], who: str = "") -> HelpEntry:
    return HelpEntry(f"/jhub help {topic.word}", in_short(members), who)


@lru_cache(maxsize=64)
def _topic(topic: Topic, level: int, way_up: str) -> Help:
    text = f"{topic.about} Press a command to see all that it takes."
    return _listed(topic.title, text, by_topic(catalogue())[topic], level, way_up, _leaf("All topics", ""))


def _group(first: str, members: Sequence[Command], level: int, way_up: str) -> Help:
    (topic, its), *_ = by_topic(members).items()
    return _listed(f"/jhub {first} …", "Commands that begin with this word.", its, level, way_up, _up(topic))


def _listed(title: str, text: str, members: Sequence[Command], level: int, way_up: str, back: Button) -> Help:
    mine = [command for command in members if command.level <= level]
    others = sorted((command for command in members if command.level > level), key=lambda command: command.level)
    # As short as can be: six of them are to have room beside each other.
    leaves = [_leaf(one.name.removeprefix(f"{one.topic.word} "), _about(one)) for one in (*mine, *others)]
    return Help(
        title,
        text,
        allowed=tuple(HelpEntry(least(command), command.summary) for command in mine),
        others=tuple(HelpEntry(least(command), command.summary, command.level.can_type) for command in others),
        footer=way_up,
        buttons=(*leaves[: _SHOWN - 1], back, *leaves[_SHOWN - 1 :]),
    )


def _command(command: Command, reads: Reads) -> Help:
    may = command.level <= reads.caller.level
    entry = HelpEntry(usage(command), command.summary, "" if may else command.level.can_type)
    taken = tuple(Fact(p.usage, p.spec.help) for p in (*parameters(command.args), *common(command)))
    running = [_typed(command)] if may and needs_nothing(command) else []
    return Help(
        f"/jhub {command.name}",
        command.details,
        allowed=(entry,) if may else (),
        others=() if may else (entry,),
        examples=tuple(dict.fromkeys([example(command)])),
        footer="" if may else reads.access.way_in(command.level),
        sections=tuple(Facts(facts) for facts in (taken, _rules(command)) if facts),
        buttons=(*running, _up(command.topic), _leaf("All topics", "")),
    )


def _rules(command: Command) -> tuple[Fact, ...]:
    facts = [
        Fact(
            "For",
            "everyone" if command.level is Level.ANYONE else command.level.and_above,
        )
    ]
    if not isinstance(command, Query):
        facts.append(Fact("Asks", asks(command)))
    return tuple(facts)


def asks(command: AnyChange) -> str:
    """Return whose agreement the change takes, in words; the configuration may ask for more."""
    if command.ruled_by is not None:
        return "at least you, and everybody whom the scheduled command would ask"
    if command.approvals:
        others = "another person" if command.approvals == 1 else f"{command.approvals} other people"
        return f"{others}, an approver who did not ask for it, before anything happens"
    own = "you, before anything happens" if command.consent is Consent.CALLER else "nobody"
    kinds = [one.words for one in command.effects.may]
    return f"{own}; another person as well where it {listed(kinds)}" if kinds else own


def listed(words: Sequence[str]) -> str:
    """Return the words as a list in a sentence: "a, b or c"."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _unknown(about: str) -> UserError:
    words = about.lower().split()
    topics = [topic.word for topic in Topic if any(alike(word, topic.word) for word in words)]
    near = [name for one in like(words, catalogue()).suggestions if (name := _named_in(one.line))]
    lines = [f"/jhub help {name}" for name in dict.fromkeys([*topics, *near])]
    suggestions = [Suggestion(line, "", Level.ANYONE, complete=True) for line in lines[:4]]
    return UserError(f"There is no command and no topic “{about}”.", suggestions=[*suggestions, help_on()])


def _named_in(line: str) -> str:
    """Return the name of the command that a line is of."""
    rest = line.removeprefix("/jhub ")
    return max((c.name for c in catalogue() if f"{rest} ".startswith(f"{c.name} ")), key=len, default="")


def _way_up(level: int, members: Sequence[Command], reads: Reads) -> str:
    """Return whom to ask for more of these commands; empty where there are no more."""
    above = [command.level for command in members if command.level > level]
    return reads.access.way_in(min(above)) if above else ""


def _about(command: Command) -> str:
    return f"{_FORCED}{command.name}" if topic_of(command.name) else command.name


def _leaf(title: str, about: str) -> Button:
    return Button(title, LEAF, ((ABOUT, about),))


def _up(topic: Topic) -> Button:
    return _leaf(f"More on {topic.title[:1].lower()}{topic.title[1:]}", topic.word)


def _typed(command: Command) -> Button:
    button = typing(f"/jhub {command.name}", f"/jhub {command.name}")
    return Button(button.title, button.verb, ((ABOUT, _about(command)), *button.data))


COMMAND = Query(
    "help",
    "List the commands by topic, and say who may run them.",
    Level.ANYONE,
    run,
    Args,
    in_menu=True,
    topic=Topic.BOT,
    rank=1,
)
