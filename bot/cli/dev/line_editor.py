"""A line at a time from standard input: edited, completed and remembered where a person types, plain where not."""

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import click
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.utils import is_dumb_terminal

from bot.cli.dev.completion import Vocabulary


class LineEditor(Protocol):
    """Source of lines."""

    typed_ahead: bool
    """Whether the next line is there before anybody has read the answer to the last, as from a script."""

    def read(self, who: Callable[[], str]) -> AsyncIterator[str]:
        """Yield each line until the input ends; `who` is for the prompt."""

    def printing(self) -> AbstractContextManager[None]:
        """Keep what is printed while the block lasts from garbling the line being typed."""


def lines_of(vocabulary: Vocabulary) -> LineEditor:
    """Return the editor where both ends are a terminal that can move its cursor, else plain lines."""
    if sys.stdin.isatty() and sys.stdout.isatty() and not is_dumb_terminal():
        return Edited(vocabulary)
    return Plain()


class Edited:
    """Lines with history and completion. Both are kept in memory: what was typed is nowhere once the chat has ended."""

    typed_ahead = False

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.keyboard = _Keyboard(sys.stdin)
        self._session: PromptSession[str] = PromptSession(
            history=InMemoryHistory(), completer=_Completer(vocabulary), key_bindings=_keys(), input=self.keyboard
        )

    async def read(self, who: Callable[[], str]) -> AsyncIterator[str]:
        """Yield each line until Ctrl-D, or Ctrl-C where nothing is typed."""
        while True:
            try:
                # The signal is the demo's own to deal with; the key arrives as one.
                line = await self._session.prompt_async([("bold", who()), ("", " › ")], handle_sigint=False)
            except EOFError:
                return
            yield line

    def printing(self) -> AbstractContextManager[None]:
        """Print above the line."""
        return patch_stdout()


class _Keyboard(Vt100Input):
    """The terminal, whose keys stay keys while an answer is printed above the line.

    prompt_toolkit (3.0.52, `application/run_in_terminal.py`) hands the terminal back to the kernel for that long, which
    shows what is typed in the middle of the answer, and makes a signal that ends the demo of the Ctrl-C that is to
    clear the line. What is printed here reads nothing, so it needs no such hand over.
    """

    def cooked_mode(self) -> AbstractContextManager[None]:
        """Stay in the present mode."""
        return nullcontext()


class Plain:
    """Lines as they come, without an escape sequence: from a script, a pipe or a terminal that knows none."""

    def __init__(self) -> None:
        self.typed_ahead = not sys.stdin.isatty()

    async def read(self, who: Callable[[], str]) -> AsyncIterator[str]:
        """Yield each line until the input ends."""
        lines = _read_aside()
        while True:
            if not self.typed_ahead:
                click.echo(f"{who()} > ", nl=False)
            line = await lines.get()
            if line is None:
                return
            yield line

    def printing(self) -> AbstractContextManager[None]:
        """Print as ever."""
        return nullcontext()


def _read_aside() -> "asyncio.Queue[str | None]":
    """Return the lines of standard input, then None. Whoever ends the chat need not wait for another line."""
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    # A descriptor of its own: the interpreter locks sys.stdin's when it ends.
    source = os.fdopen(os.dup(sys.stdin.fileno()), encoding=sys.stdin.encoding, errors="replace")

    def read() -> None:
        line: str | None = ""
        while line is not None:
            line = source.readline() or None
            try:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            except RuntimeError:
                return

    threading.Thread(target=read, daemon=True).start()
    return lines


class _Completer(Completer):
    """The vocabulary's offers, as the editor's menu."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Yield the offers for the word before the cursor."""
        del complete_event
        line = document.text_before_cursor
        length = len(line.rpartition(" ")[2])
        for offer in self._vocabulary.offers(line):
            yield Completion(offer.word, start_position=-length, display_meta=offer.what)


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("c-c")
    def _clear_or_end(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=EOFError)

    return keys
