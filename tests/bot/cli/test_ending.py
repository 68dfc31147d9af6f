"""Ctrl-C, and a terminal that is closed: whatever the demo is doing, nothing of it is left and no trace is shown."""

import contextlib
import os
import pty
import re
import select
import signal
import sys
import time
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc"),
]
_WITHIN = 120
_DEMO = ("-c", "from bot.entry import main; main()", "demo", "--terminal", "--empty", "--port")


class OnTerminal:
    """A demo on a terminal of its own."""

    def __init__(self, port):
        # Until it is the demo, the child is these tests once more: a Ctrl-C must not reach it as such.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            # As at any terminal, whatever the tests themselves were started with: what runs aside ignores Ctrl-C.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, set())
            os.execv(sys.executable, [sys.executable, *_DEMO, str(port)])  # noqa: S606 - no shell is wanted
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self.said = ""
        self.seen = {self.pid}
        # A Ctrl-C that is typed before the terminal is the child's is nobody's.
        until = time.monotonic() + _WITHIN
        while os.tcgetpgrp(self.end) != self.pid:
            assert time.monotonic() < until, "the terminal did not become the demo's"
            time.sleep(0.001)

    def until(self, wanted):
        """Read until the words are there, or, for none, until it has ended."""
        while wanted is None or not re.search(wanted, self.said):
            self.seen |= set(_below(self.pid))
            assert select.select([self.end], [], [], _WITHIN)[0], f"nothing more was said after: {self.said}"
            try:
                text = os.read(self.end, 65_536)
            except OSError:
                text = b""
            if not text:
                assert wanted is None, self.said
                return
            self.said += text.decode(errors="replace")

    def status(self):
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def left(self):
        """Return the processes it started that still run. Wait for a while, since the last end after their parent."""
        until = time.monotonic() + _WITHIN
        while (left := [pid for pid in self.seen if _state(pid) not in ("", "Z")]) and time.monotonic() < until:
            time.sleep(0.05)
        return left

    def close(self):
        for pid in self.seen:
            if _state(pid) not in ("", "Z"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.close(self.end)


def _state(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _below(pid):
    """All processes that one has started, and those that they have."""
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for child in map(int, children.read_text("ascii").split()):
                yield child
                yield from _below(child)


@pytest.fixture
def demo(free_port):
    running = OnTerminal(free_port)
    yield running
    running.close()


@pytest.mark.parametrize("stage", ["", "Building", "Type:", "Ctrl-C ends everything"])
def test_ctrl_c_ends_everything_at_any_stage(demo, stage):
    demo.until(stage)
    os.write(demo.end, b"\x03")
    demo.until(None)
    status = demo.status()
    if "init_import_site" in demo.said:
        pytest.skip("Python was still starting: not a line of ours had run")
    assert "Traceback" not in demo.said, demo.said
    assert "rror" not in demo.said, demo.said
    assert status in (0, 1, 130, -signal.SIGINT), demo.said
    assert demo.left() == []


def test_closing_the_terminal_ends_everything(demo):
    demo.until("Ctrl-C ends everything")
    demo.seen |= set(_below(demo.pid))
    assert len(demo.seen) > 1
    os.close(demo.end)
    demo.status()
    assert demo.left() == []
