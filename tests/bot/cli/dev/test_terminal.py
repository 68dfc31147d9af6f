"""The chat in the terminal, in a real pseudo-terminal and without one: what a person sees, and what a script gets."""

import contextlib
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import time

import pytest

from bot.cli.dev.completion import Vocabulary
from bot.cli.dev.line_editor import Edited

pytestmark = pytest.mark.timeout(240)

WITHIN = 100
_ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[()][A-Z0-9]|[=>78MDE])")
DEMO = ("-c", "from bot.cli.main import main; main()", "demo", "--terminal", "--empty", "--port")
# As at a terminal that somebody sits at: between two lines, Ctrl-C comes as the signal.
SEATED = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)"


class Screen:
    """A person at a pseudo-terminal: types, and reads what is there."""

    def __init__(self, master):
        self._master = master
        self.raw = ""

    @property
    def text(self):
        return _ESCAPES.sub("", self.raw).replace("\r", "")

    def type(self, keys):
        os.write(self._master, keys.encode())

    def read(self, *, within=WITHIN):
        """Read what comes next. Return False once nobody writes there any more."""
        if not select.select([self._master], [], [], within)[0]:
            raise AssertionError(f"nothing more was written within {within} s:\n{self.text}")
        with contextlib.suppress(OSError):
            if data := os.read(self._master, 65536):
                self.raw += data.decode(errors="replace")
                return True
        return False

    def sees(self, words, times=1):
        until = time.monotonic() + WITHIN
        while self.text.count(words) < times:
            assert time.monotonic() < until, self.text
            assert self.read(), f"it ended before it said “{words}”:\n{self.text}"

    def asks_after(self, words):
        """The answer is there, and the next line can be typed."""
        self.sees(words)
        while "›" not in self.text.rpartition(words)[2]:
            assert self.read(), f"it ended after it said “{words}”:\n{self.text}"


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def demo(port, **environment):
    """The demo on a pseudo-terminal; `screen.process` is its process."""
    master, slave = pty.openpty()
    # A terminal that nobody draws does not say where its cursor is.
    surroundings = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", **environment}
    process = subprocess.Popen(
        [sys.executable, DEMO[0], f"{SEATED}; {DEMO[1]}", *DEMO[2:], str(port)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=surroundings,
        start_new_session=True,
    )
    os.close(slave)
    screen = Screen(master)
    screen.process = process
    try:
        yield screen
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        with contextlib.suppress(AssertionError):
            while screen.read(within=30):
                pass
        process.wait(30)
        os.close(master)


def ended(screen):
    while screen.read():
        pass
    return screen.process.wait(30)


def test_a_person_edits_completes_becomes_somebody_else_and_leaves(port):
    with demo(port) as screen:
        screen.sees("Alex Wilber (operator) ›")
        assert "Type /jhub status first." in screen.text
        # The menu offers it, Tab takes it.
        screen.type("/jhub whoam")
        screen.sees("whoami")
        screen.type("\t\r")
        screen.asks_after("You are an operator")
        # What was typed before comes back with the arrow, and Ctrl-C clears the line without ending anything.
        screen.type("\x1b[A\x03")
        screen.type("/as viewer\r")
        screen.sees("You are Adele Vance now (viewer).")
        screen.sees("Adele Vance (viewer) ›")
        screen.type("/jhub whoami\r")
        screen.sees("You are a viewer")
        screen.type("7\r")
        screen.sees("No button has the number 7 now.")
        screen.type("\x04")
        assert ended(screen) == 0


def test_what_arrives_while_somebody_types_leaves_the_line_as_it_is(port):
    with demo(port) as screen:
        screen.sees("Alex Wilber (operator) ›")
        screen.type("/jhub nosuch\r/jhub whoa")
        screen.sees("“nosuch”")
        screen.type("mi\r")
        screen.sees("You are an operator")
        assert "“whoa" not in screen.text
        # With nothing typed, Ctrl-C ends the chat.
        screen.type("\x03")
        assert ended(screen) == 0


def test_while_an_answer_is_printed_above_the_line_the_kernel_neither_shows_a_key_nor_makes_it_a_signal(monkeypatch):
    master, slave = pty.openpty()
    with os.fdopen(slave) as terminal, os.fdopen(master):
        monkeypatch.setattr(sys, "stdin", terminal)
        keyboard = Edited(Vocabulary({})).keyboard
        assert flags(terminal) == {"echo", "signals"}
        with keyboard.raw_mode(), keyboard.cooked_mode():
            assert flags(terminal) == set()
        assert flags(terminal) == {"echo", "signals"}


def flags(terminal):
    local = termios.tcgetattr(terminal)[3]
    return {name for name, bit in (("echo", termios.ECHO), ("signals", termios.ISIG)) if local & bit}


def test_without_colours_nothing_is_coloured(port):
    with demo(port, NO_COLOR="1") as screen:
        screen.sees("Alex Wilber (operator) ›")
        screen.type("/jhub whoa")
        screen.sees("whoami")
        screen.type("\t\r")
        screen.sees("You are an operator")
        assert not re.search(r"\x1b\[[0-9;]*(3[0-79]|4[0-79]|[34]8;)[0-9;]*m", screen.raw)
        screen.type("exit\r")
        assert ended(screen) == 0


def test_a_terminal_that_knows_no_escape_sequences_gets_none(port):
    with demo(port, TERM="dumb") as screen:
        screen.sees("Alex Wilber (operator) > ")
        screen.type("/jhub whoami\n")
        screen.sees("You are an operator")
        screen.process.send_signal(signal.SIGINT)
        assert ended(screen) == 0
        assert "\x1b" not in screen.raw


def test_a_script_gets_every_answer_in_turn_and_no_escape_sequences(port):
    lines = "/jhub whoami\n/as nobody\n/jhub whoami\n12\n/as\n/jhub alerts here on"
    result = subprocess.run(
        [sys.executable, *DEMO, str(port)], input=lines, capture_output=True, text=True, timeout=WITHIN, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "\x1b" not in result.stdout
    steps = (
        *("Type /jhub status first.", "You are an operator", "You are Isaiah Langer now (in no group)."),
        *("You are in none of the bot's groups", "No button has the number 12 now.", "There are: operator"),
        "Not allowed",
    )
    places = [result.stdout.find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places)
