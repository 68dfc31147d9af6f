"""The secrets that this process has read so far: whatever writes lines redacts them from then on.

Nothing is read for this alone. A secret in a file or in a variable is known from the start, one in a key vault as soon
as the bot itself needs it: before that it cannot stand in a line either.
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

_LONGEST: Final = 64 * 1024
# Of a text with many lines, a shorter part may be any word.
_SHORTEST_PART: Final = 8
# More than any configuration names; a secret that is renewed leaves its old value here, which may still count.
_MOST: Final = 2000

# In the order in which they came; replaced as a whole, since threads look at it too.
_known: tuple[str, ...] = ()


def known() -> tuple[str, ...]:
    """Return all of them. It is the same object for as long as none is added."""
    return _known


def learn(text: str) -> None:
    """Add a secret, and the secrets in it.

    Of a text with several lines, such as one with values, that is what stands on the right of each; of an address, its
    password too.
    """
    global _known  # noqa: PLW0603 - of the process, as the log is
    secret = text[:_LONGEST].strip()
    new = [one for one in (secret, *_parts(secret)) if one and one not in _known]
    if new:
        _known = (*_known, *dict.fromkeys(new))[-_MOST:]


def _parts(text: str) -> Iterator[str]:
    lines = text.splitlines()
    if len(lines) == 1:
        for password in re.findall(r"://[^\s/@:]*:([^\s/@]+)@", text):
            yield from (password, unquote(password))
        return
    for line in lines:
        part = line.rpartition(": ")[2].strip("- \t\"'")
        if len(part) >= _SHORTEST_PART:
            yield part
