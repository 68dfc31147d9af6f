"""The command and arguments of each change, parsed when it was typed and carried along from there.

They live in memory alone. A change that was taken up from the record after a restart, or that another replica began,
is parsed once, when it is first needed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from bot.changes.model import ChangeRequest
from bot.changes.serialization import dump, load, returned
from commands.framework.command import AnyChange, Command, Level, Query, ruling
from commands.framework.effects import Effect
from commands.framework.errors import UserError
from commands.framework.parser import Parsed, parse

# Far more than wait or run at a time; one that was dropped is parsed again.
_MOST_CARRIED: Final = 1_000


@dataclass(frozen=True)
class ParsedChange:
    """A change's command with its arguments. `commands` is the catalogue that it was found in."""

    command: AnyChange
    args: Any
    commands: Sequence[Command] = field(repr=False)

    @cached_property
    def ruling(self) -> tuple[AnyChange, ...]:
        """The changes whose rules count for this one: its own, and the one that it has done later.

        Raises UserError where the later one is not allowed.
        """
        return ruling(self.command, self.args, self.commands)

    @property
    def least_level(self) -> Level:
        """The level that is enough to ask for all of `ruling`. Raises UserError."""
        return max(one.level for one in self.ruling)

    @property
    def goes_on_in_freeze(self) -> bool:
        """True if it goes on while changes are frozen."""
        return self.command.goes_on_in_freeze(self.args)

    @property
    def certain_effects(self) -> Sequence[Effect]:
        """The effects that `ruling` has whatever the plan. Raises UserError."""
        return [effect for one in self.ruling for effect in one.effects.always]

    def dump_plan(self, plan: object) -> str:
        """Return a plan of this command as it is stored."""
        return json.dumps(dump(returned(self.command.plan), plan), ensure_ascii=False)

    def load_plan(self, stored: str) -> Any:  # noqa: ANN401 - each command has its own plan
        """Return the plan that `dump_plan` was given. Raise ValueError where it does not fit any more."""
        return load(returned(self.command.plan), json.loads(stored))


class ParsedChanges:
    """The parsed changes by their ids. `commands` is the catalogue."""

    def __init__(self, commands: Sequence[Command]) -> None:
        self._commands = commands
        self._carried: dict[str, ParsedChange] = {}

    def carry(self, change: str, parsed: Parsed) -> None:
        """Keep what was typed for the change of this id."""
        if not isinstance(parsed.command, Query):
            self._keep(change, ParsedChange(parsed.command, parsed.args, self._commands))

    def of(self, known: ChangeRequest) -> ParsedChange:
        """Return the change's command and arguments. Raise UserError where its line is no change to this release."""
        carried = self._carried.get(known.id)
        return carried or self._keep(known.id, self._parse(known))

    def inherit(self, change: str, successor: str) -> None:
        """Have a change that asks again use what was typed for its predecessor."""
        if (parsed := self._carried.get(change)) is not None:
            self._keep(successor, parsed)

    def forget(self, change: str) -> None:
        """Drop a change that has ended."""
        self._carried.pop(change, None)

    def _parse(self, known: ChangeRequest) -> ParsedChange:
        parsed = parse(known.line, self._commands)
        if parsed is None or isinstance(parsed.command, Query):
            raise UserError(f"This version of the bot cannot run “{known.command}” as it was typed.", "/jhub help")
        return ParsedChange(parsed.command, parsed.args, self._commands)

    def _keep(self, change: str, parsed: ParsedChange) -> ParsedChange:
        self._carried[change] = parsed
        if len(self._carried) > _MOST_CARRIED:
            del self._carried[next(iter(self._carried))]
        return parsed
