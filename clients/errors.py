"""The errors that every client raises, so that a caller need not know whose library failed.

Their messages quote what outside systems say of a failure, and go into chats, logs and records: anything that looks
like a secret is hidden when the error is created.
"""

from typing import Final

from clients.secret_patterns import unshaped

# More than any card shows of an error, and little to look through.
_LONGEST: Final = 8_000


def _shown(text: str) -> str:
    """Return the text without what looks like a secret; of a very long text the beginning, up to a whole word."""
    return unshaped(text if len(text) <= _LONGEST else f"{text[:_LONGEST].rpartition(' ')[0]} …")


class Unavailable(Exception):  # noqa: N818 - named after what the caller does with it, not after what it is
    """An outside system did not answer, or not in a way that can be used.

    `system` is its name as people know it ("Kubernetes", "the hub"); the message says what happened in words that may
    be shown in a chat: no address, no token, no trace.
    """

    def __init__(self, system: str, what: str) -> None:
        super().__init__(_shown(f"{system} {what}"))
        self.system = system
        self.what = _shown(what)


class Forbidden(Unavailable):
    """An outside system refused the bot's own credentials, or has not given them a right. `remedy` is what to do."""

    def __init__(self, system: str, what: str, remedy: str) -> None:
        super().__init__(system, what)
        self.remedy = _shown(remedy)


class NotFound(Exception):  # noqa: N818 - see above
    """The thing asked for does not exist there. The message names it."""

    def __init__(self, message: str) -> None:
        super().__init__(_shown(message))


class Conflict(Exception):  # noqa: N818 - see above
    """Somebody else changed the thing since it was read: nothing was done, and what was planned may not be true."""


class Rejected(Exception):  # noqa: N818 - see above
    """An outside system understood the request and refused it, or failed at it. `code` is its own word for the reason.

    The message says why and what helps, in words that may be shown in a chat.
    """

    def __init__(self, system: str, code: str, message: str) -> None:
        super().__init__(_shown(message))
        self.system = system
        self.code = code
