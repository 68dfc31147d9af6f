"""Spans of work for traces: a message, a phase of a change, a step. Nothing is traced unless a tracer is set.

Tracers are the process's, as observers of `clients.instrumentation` are.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Final

# Opens a stretch of that name, with attributes, for as long as its block lasts.
Tracer = Callable[[str, dict[str, str]], AbstractContextManager[None]]
_TRACERS: Final[list[Tracer]] = []


@contextmanager
def span(name: str, **attributes: str) -> Iterator[None]:
    """Open a span. `name` and the attributes are ids and words of ours: nothing that was typed."""
    with ExitStack() as stack:
        for tracer in tuple(_TRACERS):
            stack.enter_context(tracer(name, attributes))
        yield


@contextmanager
def traced(tracer: Tracer) -> Iterator[None]:
    """Have `tracer` around each span while the block lasts."""
    _TRACERS.append(tracer)
    try:
        yield
    finally:
        _TRACERS.remove(tracer)
