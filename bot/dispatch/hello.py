"""What the bot says to whoever only says hello, or nothing at all: what it is, and what they may want first."""

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final

from cards.views import Button, Fact, Facts, Notice, typing
from commands.framework.command import Command, Level, Query
from commands.framework.typed_text import clean
from commands.help.topics import by_topic, needs_nothing

CARRIED: Final = "hello"
"""What the buttons of a hello carry, so that it is known again."""

# What people of a level want first: only what looks, and needs no more than its name. Teams shows six buttons.
FIRST: Final[Mapping[Level, tuple[str, ...]]] = {
    Level.ANYONE: ("whoami", "help"),
    Level.VIEWER: ("status", "users", "alerts", "images", "nodes", "help"),
    Level.OPERATOR: ("status", "users", "alerts", "doctor", "operations", "help"),
    Level.APPROVER: ("status", "approvals", "alerts", "users", "audit", "help"),
    Level.ADMIN: ("status", "approvals", "alerts", "doctor", "audit", "help"),
}
_MOST: Final = 6

_TO_WHOM: Final = r"(?: (?:there|again|all|everyone|everybody|team|bot|jupyterhub|jhub|hub))?"
_HELLO: Final = re.compile(
    r"(?:hi+|hello+|hey+|hiya|howdy|yo|greetings|good (?:morning|afternoon|evening|day)|morning|welcome|start"
    r"|hej(?:sa)?|hallo|halløj|hei|goddag|god ?morgen|god ?dag|god ?aften|moin|servus|guten (?:morgen|tag|abend)|tag"
    r"|bonjour|bonsoir|salut|hola|buen(?:os|as) (?:días|dias|tardes|noches)|ciao|buongiorno|ol[aá]|bom dia"
    rf"|ahoj|cześć|dzień dobry|привет|здравствуйте|merhaba|こんにちは|你好|안녕하세요){_TO_WHOM}"
)
_THANKS: Final = re.compile(
    rf"(?:thanks?(?: you)?(?: (?:so|very) much| a lot)?|thx|ty|cheers|tak|mange tak|danke|merci|gracias){_TO_WHOM}"
)
# With “/jhub” before it, help is the command.
_HELP: Final = re.compile(r"help(?: me)?(?: please)?|hilfe|hj[aæ]lp|aide|ayuda|menu")
_PREFIX: Final = re.compile(r"^/?jhub(?=\s|$)", re.IGNORECASE)


class Greeting(Enum):
    """What was said instead of a command; its value is the title of the answer."""

    HELLO = "Hello!"
    THANKS = "You’re welcome!"


def greeting(text: str) -> Greeting | None:
    """What a message says that is no command; None for one that is to be read as a command."""
    line = clean(text)
    words = _words(_PREFIX.sub("", line))
    if not words or _HELLO.fullmatch(words) or _HELP.fullmatch(_words(line)):
        return Greeting.HELLO
    return Greeting.THANKS if _THANKS.fullmatch(words) else None


def hello(
    commands: Sequence[Command], level: Level, way_in: str, *, personal: bool, said: Greeting = Greeting.HELLO
) -> Notice:
    """The card for somebody of this level. `way_in` says whom people without any ask for one."""
    mention = "" if personal else " In a channel, mention me before you type one."
    access = f"{level.held} {way_in}" if level is Level.ANYONE else level.held
    begin = "Is there anything else?" if said is Greeting.THANKS else f"I look after the JupyterHub. {access}"
    text = f"{begin}\nPress a button, or type a command.{mention}"
    chosen = first(commands, level)
    return Notice(
        said.value,
        text,
        sections=(Facts(tuple(Fact(f"/jhub {command.name}", command.summary) for command in chosen)),),
        buttons=tuple(_button(command, said) for command in chosen),
    )


def first(commands: Sequence[Command], level: Level) -> list[Command]:
    """The six commands that somebody of this level wants first, as far as there are so many."""
    may = [command for members in by_topic(commands).values() for command in members if _is_simple(command, level)]
    named = [command for name in FIRST[level] for command in may if command.name == name]
    return (named or may)[:_MOST]


def _is_simple(command: Command, level: Level) -> bool:
    return command.level <= level and isinstance(command, Query) and needs_nothing(command)


def _button(command: Command, said: Greeting) -> Button:
    button = typing(command.name.capitalize(), f"/jhub {command.name}")
    return Button(button.title, button.verb, ((CARRIED, said.name), *button.data))


def _words(line: str) -> str:
    """Letters and digits in lower case: what else there is, smileys too, says nothing here."""
    return " ".join("".join(char if char.isalnum() else " " for char in line.lower()).split())
