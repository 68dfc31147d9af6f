"""The one id of what is being done: a change's own, which its revision of the release is labelled with, or a message's.

It is the same from the message to helm, in every process that goes on with the work: log lines carry it, and what is
asked of other systems.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from clients.instrumentation import CORRELATION


def id_of(*parts: str) -> str:
    """Return the id of what these parts name: 16 hexadecimal digits, the same each time."""
    # Hexadecimal, because it becomes a label of the release and a name in the cluster.
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def current() -> str:
    """Return the id of what is done here now; empty for what the bot does by itself."""
    return CORRELATION.get()


@contextmanager
def following(correlation: str) -> Iterator[None]:
    """Have everything inside, and every task begun inside, done under that id."""
    token = CORRELATION.set(correlation)
    try:
        yield
    finally:
        CORRELATION.reset(token)
