"""Argument types of the commands about events."""

import unicodedata
from typing import Final, Self

_LONGEST: Final = 60
_MOST_PEOPLE: Final = 10_000
# What is no letter, mark or number, and yet stands in the names of classes; nothing that a card or a line reads as its
# own.
_ALSO: Final = " .,:;+&/()!?–-’"
_LONGEST_PROFILE: Final = 80


class EventName(str):
    """The name of an event, NFC-normalised, such as `Intro to Python`. It is compared by `folded`."""

    __slots__ = ()
    noun = "the name of an event"
    placeholder = "name"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept letters, digits, spaces and plain punctuation. Raise ValueError."""
        name = " ".join(unicodedata.normalize("NFC", text).replace("'", "’").split(" ")).strip()
        if len(name) > _LONGEST:
            raise ValueError(f"it may have at most {_LONGEST} characters, and this has {len(name)}")
        if not all(char in _ALSO or unicodedata.category(char)[0] in "LMN" for char in name):
            raise ValueError('type letters, digits, spaces and “.,:+&/()-” only, as in "Intro to Python"')
        if not any(unicodedata.category(char)[0] in "LN" for char in name):
            raise ValueError('type a name in quotation marks, as in "Intro to Python"')
        return cls(name)


class People(str):
    """A number of people, from 1 on; `value` is it as an integer."""

    __slots__ = ()
    noun = "a number of people"
    placeholder = "number"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept digits. Raise ValueError."""
        if not text.isascii() or not text.isdecimal() or not text.lstrip("0"):
            raise ValueError("type a whole number of people in digits, 1 or more, as in 120")
        if len(text) > len(str(_MOST_PEOPLE)) or int(text) > _MOST_PEOPLE:
            raise ValueError(f"an event has at most {_MOST_PEOPLE:,} people")
        return cls(text)

    @property
    def value(self) -> int:
        """The number."""
        return int(self)


class ProfileTitle(str):
    """The name of one of the hub's profiles, as the page shows it on which people choose one."""

    __slots__ = ()
    noun = "the name of a profile"
    placeholder = "profile"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept what may be a name. Raise ValueError."""
        if not text.strip() or len(text) > _LONGEST_PROFILE or not text.isprintable():
            raise ValueError(f"type its name of at most {_LONGEST_PROFILE} characters, in quotation marks")
        return cls(text.strip())
