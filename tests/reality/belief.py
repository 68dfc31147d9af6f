"""A question about somebody else's package: what one would guess, what running it showed, and what hangs on it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import TypeVar

T = TypeVar("T", bound=Callable[..., object])


@dataclass(frozen=True)
class Belief:
    """What the product relies on.

    `guess` is what was thought before it was run; it equals `answer` where that was right. `packages` are
    distributions of this environment, or "name version" of what is none. `then` says what to change in the product if
    the answer changes.
    """

    question: str
    guess: str
    answer: str
    packages: tuple[str, ...]
    then: str

    @property
    def is_surprise(self) -> bool:
        """Return True if it was not what one would have guessed."""
        return self.guess != self.answer

    @property
    def versions(self) -> str:
        """Return the packages with the versions that this run has."""
        return ", ".join(one if " " in one else f"{one} {version(one)}" for one in self.packages)


def belief(question: str, *, guess: str, answer: str = "", packages: tuple[str, ...], then: str) -> Callable[[T], T]:
    """Mark a test that asks the real package. Without an `answer`, the guess was right."""

    def marked(test: T) -> T:
        test.belief = Belief(question, guess, answer or guess, packages, then)  # type: ignore[attr-defined]
        return test

    return marked


def belief_of(item: object) -> Belief | None:
    """Return what a collected test asks."""
    return getattr(getattr(item, "function", None), "belief", None)
