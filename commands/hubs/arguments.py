"""Argument types of the commands about hubs."""

import re


class HubName(str):
    """The name of one of the bot's hubs."""

    __slots__ = ()
    noun = "the name of a hub"
    placeholder = "hub"

    @classmethod
    def parse(cls, text: str) -> "HubName":
        """Accept a name in any case and return it in lower case. Raise ValueError."""
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,19}", text.lower()):
            raise ValueError("type up to 20 letters, digits and hyphens, as in test; /jhub hubs lists the hubs")
        return cls(text.lower())
