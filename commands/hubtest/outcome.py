"""The outcome of a test: its stages, each with its time, and where it broke. Pure, but for its words on cards."""

from dataclasses import dataclass
from typing import Final

from cards.views import Button, Fact, Facts, Failure, Notice, Tone, typing
from clients.errors import Forbidden
from commands.hubtest.subject import HubTest
from commands.ports.hub_tests import HubTestRecord

ACCOUNT: Final = "Account"
SERVER: Final = "Server start"
REMOVAL: Final = "Removal"
_SHOWN_FROM: Final = 0.1
_TENTHS_BELOW: Final = 10.0


@dataclass(frozen=True)
class Stage:
    """One stage with its time in seconds; `problem` is a sentence, empty where it succeeded."""

    title: str
    seconds: float
    problem: str = ""

    @property
    def fact(self) -> Fact:
        """The stage as a line of a card."""
        if self.problem:
            when = f"after {in_seconds(self.seconds)}" if self.seconds >= _SHOWN_FROM else "at once"
            return Fact(self.title, f"failed {when}", Tone.BAD)
        return Fact(self.title, in_seconds(self.seconds), Tone.GOOD)


@dataclass(frozen=True)
class Advice:
    """A line to type that helps, and its title on a button."""

    title: str
    line: str


@dataclass(frozen=True)
class HubTestOutcome:
    """What a test found. `cause` is a sentence or more, empty where every stage succeeded.

    `seconds` is how long the server took to be ready, 0 where it never was. `left` says what could not be removed.
    """

    stages: tuple[Stage, ...]
    seconds: float = 0.0
    failed: str = ""
    cause: str = ""
    advice: tuple[Advice, ...] = ()
    left: str = ""

    @property
    def passed(self) -> bool:
        """True if every stage succeeded."""
        return not self.failed

    @property
    def started(self) -> bool:
        """True if the server was ready."""
        return self.seconds > 0

    @property
    def words(self) -> str:
        """The outcome as a sentence or two: "A test server started in 41 s, and its notebook works."."""
        if self.passed:
            return f"A test server started in {in_seconds(self.seconds)}, and a notebook in it works."
        if self.started:
            what = f"A test server started in {in_seconds(self.seconds)}, but its test failed"
        else:
            what = "A test server did not start: it failed"
        return f"{what} at “{self.failed}”. {self.cause}"

    @property
    def facts(self) -> Facts:
        """The stages as a section."""
        return Facts(tuple(one.fact for one in self.stages), "The test, stage by stage")


def card(test: HubTest, outcome: HubTestOutcome) -> Notice | Failure:
    """Return the card of a test."""
    left = f"{outcome.left} The next test, or the daily clean-up, tries again to remove it." if outcome.left else ""
    if outcome.passed:
        return Notice(
            f"The hub works for a user, with {test.what}",
            " ".join(filter(None, (outcome.words, left))),
            Tone.WARNING if left else Tone.GOOD,
            (outcome.facts,),
        )
    return Failure(
        f"{_broken(outcome)}, with {test.what}",
        outcome.cause,
        advice=tuple(filter(None, (left, *(one.line for one in outcome.advice)))),
        sections=(outcome.facts,),
        buttons=buttons(outcome),
    )


def _broken(outcome: HubTestOutcome) -> str:
    if outcome.failed == ACCOUNT:
        return "The hub did not make a user for the test"
    return "A notebook does not work" if outcome.started else "The hub did not start a server"


def buttons(outcome: HubTestOutcome) -> tuple[Button, ...]:
    """Return the buttons that type what helps."""
    return tuple(typing(one.title, one.line) for one in outcome.advice)


def sentence(error: Exception) -> str:
    """Return what went wrong as a sentence, with what the hub's owner can do where the bot lacks a right."""
    said = str(error).rstrip(".")
    told = f"{said[:1].upper()}{said[1:]}."
    return f"{told} {error.remedy}." if isinstance(error, Forbidden) else told


def in_seconds(seconds: float) -> str:
    """Return a time as people compare it: with tenths while it is short."""
    if seconds < _SHOWN_FROM:
        return "under 0.1 s"
    return f"{seconds:.1f} s" if seconds < _TENTHS_BELOW else f"{seconds:.0f} s"


def summary(record: HubTestRecord) -> str:
    """Return how a test on record ended, in a few words."""
    if record.passed:
        return f"passed, started in {in_seconds(record.seconds)}"
    return f"failed: {record.failed}" if record.ended else "under way"
