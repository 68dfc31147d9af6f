"""Tables of forms of messages, most specific first: the first one that fits decides.

A form names the thing that a message is about, not a word that occurs somewhere in it. A message that fits none is
quoted by the caller: nothing here guesses.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from commands.kubernetes.messages import shown
from commands.kubernetes.problem import Cause, Step, Trouble

# Of a message that much is looked into, and of a name in it that much is shown.
_MOST: Final = 8_000
_LONGEST_NAME: Final = 120


@dataclass(frozen=True)
class MessageRule:
    """A form of message and its meaning. `words` may use the pattern's groups: "Pool {pool} is full."."""

    pattern: re.Pattern[str]
    cause: Cause
    words: str
    step: Step | None = None


def rule(pattern: str, cause: Cause, words: str, step: Step | None = None) -> MessageRule:
    """Return a rule for a pattern that is found anywhere in a message, in any case."""
    return MessageRule(re.compile(pattern, re.IGNORECASE | re.DOTALL), cause, words, step)


def meaning(rules: Sequence[MessageRule], message: str, **known: str) -> Trouble | None:
    """Return the explanation by the first rule that fits the message, None where none does.

    `known` fills `words` as well.
    """
    for one in rules:
        if found := one.pattern.search(message[:_MOST]):
            named = {name: shown(value or "", _LONGEST_NAME) for name, value in found.groupdict().items()}
            return Trouble(one.cause, one.words.format(**known, **named), one.step)
    return None
