"""The effects of a change, from a closed list: these, and no command's name, decide who has to agree to it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

PlanT_contra = TypeVar("PlanT_contra", contravariant=True)


class Effect(Enum):
    """A kind of consequence that people have to agree to. The value is its name in the configuration."""

    DELETES_DATA = "deletes_data"
    RUNS_CODE = "runs_code"
    CHANGES_ACCESS = "changes_access"
    OPENS_NETWORK = "opens_network"
    STOPS_EVERYBODY = "stops_everybody"
    COSTS_MORE = "costs_more"

    @property
    def title(self) -> str:
        """The effect as a heading: "Deletes data or makes it unreachable"."""
        return _TITLES[self]

    @property
    def words(self) -> str:
        """The effect as an item of a list: "deletes data"."""
        return _WORDS[self]


_TITLES = {
    Effect.DELETES_DATA: "Deletes data or makes it unreachable",
    Effect.RUNS_CODE: "Runs code in the hub or in everybody’s servers",
    Effect.CHANGES_ACCESS: "Changes who may log in or who is an admin",
    Effect.OPENS_NETWORK: "Changes who can reach the hub or what servers can reach",
    Effect.STOPS_EVERYBODY: "Stops everybody’s work",
    Effect.COSTS_MORE: "Costs more than was agreed on",
}
_WORDS = {
    Effect.DELETES_DATA: "deletes data",
    Effect.RUNS_CODE: "runs code",
    Effect.CHANGES_ACCESS: "changes who may log in",
    Effect.OPENS_NETWORK: "opens the network",
    Effect.STOPS_EVERYBODY: "stops everybody’s work",
    Effect.COSTS_MORE: "costs more",
}


@dataclass(frozen=True)
class Impact:
    """One effect of a plan, and a sentence that names its cause. Never with a value: a name at most."""

    effect: Effect
    because: str


@dataclass(frozen=True)
class Effects(Generic[PlanT_contra]):
    """The effects of a change: `always`, whatever its plan, and those that `of` finds in a plan, among `may`."""

    always: tuple[Effect, ...] = ()
    may: tuple[Effect, ...] = ()
    of: Callable[[PlanT_contra], tuple[Impact, ...]] = lambda _plan: ()

    def found(self, plan: PlanT_contra) -> tuple[Impact, ...]:
        """Return all effects of this plan, graver ones first. Raise RuntimeError for one that is not declared."""
        found = ordered(self.of(plan))
        if undeclared := {one.effect for one in found}.difference(self.always, self.may):
            raise RuntimeError(f"effects that were not declared: {', '.join(sorted(one.value for one in undeclared))}")
        told = {one.effect for one in found}
        return ordered((*found, *(Impact(one, "") for one in self.always if one not in told)))


# For what changes the bot's own records or asks people, and for what can be taken back without loss by typing again.
NOTHING: Effects[Any] = Effects()


def of(effect: Effect, because: str) -> tuple[Impact, ...]:
    """Return one impact, as the tuple that a plan has."""
    return (Impact(effect, because),)


def ordered(impacts: tuple[Impact, ...]) -> tuple[Impact, ...]:
    """Return each impact once, graver ones first."""
    return tuple(sorted(dict.fromkeys(impacts), key=lambda one: list(Effect).index(one.effect)))


def in_words(impacts: tuple[Impact, ...]) -> tuple[str, ...]:
    """Return the effects of a plan as its card has them: each kind once, with all its causes."""
    found: dict[Effect, list[str]] = {}
    for one in impacts:
        found.setdefault(one.effect, []).append(one.because)
    return tuple(" – ".join(filter(None, (kind.title, " ".join(because)))) for kind, because in found.items())
