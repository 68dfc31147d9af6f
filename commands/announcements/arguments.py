"""Argument types of announcements."""

import unicodedata
from typing import Final, Self

_LONGEST: Final = 300


class AnnouncementText(str):
    """What people are told: one line of plain text."""

    __slots__ = ()
    noun = "an announcement"
    placeholder = "text"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a sentence; line breaks become spaces. Raise ValueError for invisible characters and too many."""
        line = " ".join(text.split())
        if not line:
            raise ValueError("say what people should know, in quotation marks")
        if len(line) > _LONGEST:
            raise ValueError(f"an announcement has at most {_LONGEST} characters, and this has {len(line)}")
        # Controls and characters that turn the direction of writing: they make a text look like another.
        if any(unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Cn") for char in line):
            raise ValueError("it has invisible characters; type it again by hand")
        return cls(line)
