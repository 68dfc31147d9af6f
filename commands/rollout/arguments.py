"""Argument types of the commands that roll something out."""

from typing import Final, Self

# The Deployments of a release that are safe to replace, as the chart names them.
RESTARTABLE: Final = ("hub", "proxy", "autohttps", "user-scheduler")
_CHOICES: Final = f"type {', '.join(RESTARTABLE[:-1])} or {RESTARTABLE[-1]}"


class RestartTarget(str):
    """A part of the hub that can be restarted by itself."""

    __slots__ = ()
    noun = "a part that can be restarted"
    placeholder = "part"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept one of the four in any case. Raise ValueError."""
        if text.lower() not in RESTARTABLE:
            raise ValueError(f"{_CHOICES}; /jhub server stop is for one person’s server")
        return cls(text.lower())
