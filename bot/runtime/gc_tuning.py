"""Garbage collection at the start: what is loaded then stays to the end and need not be looked through again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Collect nothing until `loaded` is called: modules bring 350,000 objects, and hardly any is garbage."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def loaded() -> None:
    """Collect again, but for what is there by now.

    Looking through all of it takes a third of a second, in which nobody is answered, and comes when many ask at once.
    """
    gc.freeze()
    gc.enable()
