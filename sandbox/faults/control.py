"""The state of the faults: what is broken, since when, and how it is mended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sandbox.apiserver.objects.errors import ApiError
from sandbox.clock import Clock
from sandbox.faults.switch import Switch


@dataclass(frozen=True)
class Broken:
    """A fault: how and since when something is broken. `touched` are the objects that show it, `note` the remedy."""

    how: str
    since: datetime
    touched: tuple[str, ...]
    note: str


class Control:
    """The switches and their state."""

    def __init__(self, switches: Mapping[str, Switch], clock: Clock) -> None:
        self.switches = switches
        self._clock = clock
        self._broken: dict[str, Broken] = {}

    @property
    def broken(self) -> dict[str, Broken]:
        """The faults that hold now, by name, without those that somebody mended in another way."""
        return {what: one for what, one in self._broken.items() if self.switches[what].holds()}

    def break_(self, what: str, how: str = "") -> Broken:
        """Break something, in its usual way by default. Raise ValueError for no such fault, or if it cannot be now."""
        switch = self._switch(what)
        how = how or switch.hows[0]
        if how not in switch.hows:
            raise ValueError(f"{what} can be broken in these ways: {', '.join(switch.hows)}")
        try:
            touched = switch.begin(how)
        except LookupError as error:
            raise ValueError(f"{what} cannot be broken now: {error.args[0]}") from error
        except ApiError as error:
            others = ", ".join(one for one in self.broken if one != what)
            why = f"the cluster refuses it. Heal {others} first" if others else f"the cluster refuses it: {error}"
            raise ValueError(f"{what} cannot be broken now: {why}") from error
        self._broken[what] = Broken(how, self._clock.now(), tuple(touched), switch.note(how))
        return self._broken[what]

    def heal(self, what: str = "") -> list[str]:
        """Mend one fault, or all. Return their names. Raise ValueError if there is no such fault."""
        wanted = [what] if what else list(self._broken)
        for one in wanted:
            self._switch(one).heal()
            self._broken.pop(one, None)
        return wanted

    def _switch(self, what: str) -> Switch:
        if what not in self.switches:
            raise ValueError(f"there is no “{what}” to break; choose from {', '.join(self.switches)}")
        return self.switches[what]
