"""Completion in the terminal chat: what can be typed next, read off the commands' declarations. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from commands.framework.argument_types import CommandName, Upn, UserName
from commands.framework.command import Command
from commands.framework.usage import Parameter, common, parameters
from commands.images.arguments import ImageTag

_LEADS: Final = {
    "/jhub": "ask the bot",
    "/as": "speak as somebody else",
    "/sandbox": "break, heal, or answer a request as a second person",
}
_ANSWERS: Final = {"approve": "as a second person", "reject": "as a second person"}
_SANDBOX: Final = {
    "status": "what is broken, and what waits for an approval",
    **_ANSWERS,
    "break": "something, to see an alert or a failure",
    "heal": "what is broken",
    "rename": "somebody in Entra, who gets another login name",
    "leave": "somebody, who is removed from Entra",
    "wait": "a length of time, such as 45s",
    "past": "days of use to make up, for costs",
}


@dataclass(frozen=True)
class Completion:
    """Word that may stand in the place of the one being typed, and what it is."""

    word: str
    what: str = ""


@dataclass(frozen=True)
class Vocabulary:
    """All the words there are. `roles` leads to who has it; `faults` from what can be broken to the ways."""

    commands: Sequence[Command]
    roles: Mapping[str, str] = field(default_factory=dict)
    users: Sequence[str] = ()
    tags: Sequence[str] = ()
    faults: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def offers(self, line: str) -> list[Completion]:
        """Return what may take the place of the last word of the line, which may be empty."""
        *before, current = line.lstrip().split(" ")
        words = [word for word in before if word]
        typed = current.casefold()
        found = dict.fromkeys(one for one in self._next(words, current) if one.word.casefold().startswith(typed))
        return [one for one in found if one.word.casefold() != typed]

    def _next(self, words: Sequence[str], current: str) -> Iterator[Completion]:
        match [word.lower() for word in words]:
            case [] if current.startswith("/") or not current:
                yield from _worded(_LEADS)
            case ["/as" | "as"]:
                yield from _worded(self.roles)
            case ["/as" | "as", *_]:
                return
            case ["/sandbox" | "sandbox", *rest]:
                yield from self._of_the_sandbox(rest)
            case ["/jhub" | "jhub", *_]:
                yield from self._of_commands(words[1:])
            case _:
                yield from self._of_commands(words)

    def _of_the_sandbox(self, words: Sequence[str]) -> Iterator[Completion]:
        match words:
            case []:
                yield from _worded(_SANDBOX)
            case ["break"]:
                yield from (Completion(what, ", ".join(ways)) for what, ways in self.faults.items())
            case ["break", what]:
                yield from map(Completion, self.faults.get(what, ()))
            case ["heal"]:
                yield from map(Completion, self.faults)
            case ["rename" | "leave"]:
                yield from map(Completion, self.users)
            case ["approve" | "reject", *_, "--as"]:
                yield from _worded(self.roles)
            case ["approve" | "reject", *_] if "--as" not in words:
                yield Completion("--as", "a certain person")

    def _of_commands(self, words: Sequence[str]) -> Iterator[Completion]:
        """Yield the next word of a name, and, after a whole name, what the command takes."""
        lowered = [word.lower() for word in words]
        for command in self.commands:
            name = _name(command)
            if len(name) > len(words) and name[: len(words)] == lowered:
                whole = len(name) == len(words) + 1
                yield Completion(name[len(words)], command.summary if whole else "")
        for command in self.commands:
            name = _name(command)
            # A longer name is another command's: “scale up” is no “scale” of “up”.
            if name == lowered[: len(name)] and not self._is_longer(command, lowered):
                yield from self._taken(command, words[len(name) :])

    def _is_longer(self, command: Command, words: Sequence[str]) -> bool:
        """Return True if the words are, or begin, the name of another command that begins as this one does."""
        length = len(_name(command))
        longer = [_name(one) for one in self.commands if len(_name(one)) > length]
        return len(words) > length and any(name[: len(words)] == words[: len(name)] for name in longer)

    def _taken(self, command: Command, words: Sequence[str]) -> Iterator[Completion]:
        """Yield flags that are not there yet, and values for the next argument or for the flag just typed."""
        declared = (*parameters(command.args), *common(command))
        flags = {one.flag: one for one in declared if one.flag}
        if words and (flag := flags.get(words[-1].lower())) is not None and flag.takes_value:
            yield from self._values(flag)
            return
        count = _positionals(words, flags)
        for parameter in [one for one in declared if not one.flag][count : count + 1]:
            yield from self._values(parameter)
        there = {word.lower() for word in words}
        yield from (Completion(flag, one.spec.help) for flag, one in flags.items() if flag not in there)
        if " --" in command.name and (own := f"--{command.name.partition(' --')[2]}") not in there:
            yield Completion(own, command.summary)

    def _values(self, parameter: Parameter) -> Iterator[Completion]:
        """Yield the values that there are of its kind; else the one that its declaration has as an example."""
        if issubclass(parameter.kind, (Upn, UserName)):
            yield from (Completion(user, parameter.spec.help) for user in self.users)
        elif issubclass(parameter.kind, ImageTag):
            yield from (Completion(tag, parameter.spec.help) for tag in self.tags)
        elif issubclass(parameter.kind, CommandName):
            yield from (Completion(command.name, command.summary) for command in self.commands)
        elif parameter.spec.example:
            yield Completion(parameter.spec.example, f"for example: {parameter.spec.help}")


def _name(command: Command) -> list[str]:
    """Return the words that begin the line; a flag of the name may stand anywhere behind them."""
    return command.name.partition(" --")[0].split()


def _positionals(words: Sequence[str], flags: Mapping[str, Parameter]) -> int:
    """Return how many of the words are neither flags nor their values."""
    count, is_value = 0, False
    for word in words:
        flag = flags.get(word.lower())
        count += not is_value and not word.startswith("--")
        is_value = flag is not None and flag.takes_value
    return count


def _worded(words: Mapping[str, str]) -> Iterator[Completion]:
    return (Completion(word, what) for word, what in words.items())
