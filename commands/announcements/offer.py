"""The line by which the plan of a stop offers to tell people first. Pure."""

from collections.abc import Sequence


def offer(words: str, length: str) -> str:
    """Return a sentence with the announcement to type: what it says, and for how long people are told."""
    return f'To tell people first, type: /jhub announce "{words}" --until {length}'


def offered(people: Sequence[object], words: str, length: str) -> tuple[str, ...]:
    """Return the same where there are people to tell, else nothing."""
    return (offer(words, length),) if people else ()
