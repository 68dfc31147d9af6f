"""The line by which the plan of a stop offers to tell people first. Pure."""


def offer(words: str, length: str) -> str:
    """Return a sentence with the announcement to type: what it says, and for how long people are told."""
    return f'To tell people first: /jhub announce "{words}" --until {length}'
