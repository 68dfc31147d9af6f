"""Make what a checkout needs, inside it: `python3 deploy/checkout.py demo`, `python` or `all`. The Makefile calls it.

Each part is made anew when what it is made from has changed: a lock, the Python, the place of the checkout. A part
that was interrupted is not trusted again. Standard library only: nothing is installed yet.
"""

import os
import signal
import sys

signal.signal(signal.SIGINT, signal.SIG_DFL)  # before the rest is loaded there is nothing to clean up
if "--quietly" in sys.argv:
    os.dup2(3, 2)  # until here interrupts would have been complained of
    os.close(3)

import contextlib  # noqa: E402
import hashlib  # noqa: E402
import importlib.util  # noqa: E402
import json  # noqa: E402
import re  # noqa: E402
import shutil  # noqa: E402
import subprocess  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterator, Sequence  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import NoReturn  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = ROOT / "build" / "install.log"
# What bot/store/sqlite.py wants, asked before anything is installed.
OLDEST_SQLITE = (3, 35)
OLDEST_NODE = 18
_PIP = (str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input")


class CheckoutError(Exception):
    """A requirement that is missing. The message says which, and what to do about it."""


@dataclass(frozen=True)
class Part:
    """A part of the checkout that commands make from files; `usually` is how long that takes, for those who wait."""

    name: str
    title: str
    usually: str
    sources: Sequence[str]
    commands: Sequence[Sequence[str]]
    steps: int = 0

    @property
    def stamp(self) -> Path:
        """The file with the key that the part was made from; beside it is a mark while the part is being made."""
        return VENV / ".made" / self.name

    @property
    def key(self) -> str:
        """A digest of what the part is made from."""
        return _digest([*self.sources], str(self.commands))

    def is_made(self) -> bool:
        """Return True if the part exists and was made from the present sources."""
        return self.stamp.exists() and self.stamp.read_text("ascii") == self.key

    def make(self) -> None:
        """Make the part. Raise CheckoutError."""
        begun = self.stamp.with_suffix(".begun")
        begun.parent.mkdir(parents=True, exist_ok=True)
        self.stamp.unlink(missing_ok=True)
        begun.touch()
        with _told(self.title, self.usually, self.steps) as progress:
            for command in self.commands:
                _run(command, progress.saw)
        self.stamp.write_text(self.key, "ascii")
        begun.unlink()


def main(arguments: Sequence[str]) -> int:
    """Make the parts of what is named. Return the exit status."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupted)
    arguments, then = _split(arguments)
    names = [one for one in arguments if not one.startswith("-")]
    try:
        made = _made(names[0] if names else "all", python_given="--python-given" in arguments)
    except CheckoutError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted: the next time goes on from here.", file=sys.stderr)
        return 130
    if made:
        print("Everything is installed. `make clean` removes all of it.", flush=True)
    if then:
        # Ctrl-C is held back until the program is ready for it (bot/entry.py), and not lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        os.execv(then[0], then)  # noqa: S606 - no shell is wanted
    return 0


def _split(arguments: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Return the arguments before --then, and the program after it."""
    at = arguments.index("--then") if "--then" in arguments else len(arguments)
    return arguments[:at], arguments[at + 1 :]


def _made(what: str, *, python_given: bool) -> bool:
    """Make the missing parts. Return True if there was any. Raise CheckoutError."""
    _check_python()
    fresh = not _is_usable(python_given=python_given)
    if fresh:
        with _told(f"Python environment .venv, with Python {sys.version_info[0]}.{sys.version_info[1]}", "5 s"):
            _run((_outside(), "-m", "venv", "--clear", str(VENV)))
    missing = [part for part in _parts(what) if not part.is_made()]
    for part in missing:
        part.make()
    return _node(what) or fresh or bool(missing)


def _outside() -> str:
    """Return this Python's path outside of .venv, which is about to be emptied."""
    base = Path(sys._base_executable)  # noqa: SLF001 - there is no public name
    return str(base.resolve() if base.is_relative_to(VENV) else base)


def _parts(what: str) -> Iterator[Part]:
    yield _packages("packages", "requirements.lock", "the bot's Python packages", "1 min")
    build = ("--require-hashes", "--requirement", str(ROOT / "deploy" / "image" / "build.lock"))
    itself = ("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    sources = ("pyproject.toml", "deploy/image/build.lock")
    yield Part("bot", "jhub-bot itself", "5 s", sources, ((*_PIP, *build), (*_PIP, *itself)))
    if what != "demo":
        yield _packages("tests", "requirements-dev.lock", "what the tests need beside them", "1 to 2 min")


def _packages(name: str, lock: str, title: str, usually: str) -> Part:
    count = len(re.findall(r"(?m)^[\w.-]+==", (ROOT / lock).read_text("utf-8")))
    command = (*_PIP, "--progress-bar", "off", "--require-hashes", "--requirement", str(ROOT / lock))
    return Part(name, f"{title} ({lock}, {count} packages)", usually, (lock,), (command,), count)


def _check_python() -> None:
    """Raise CheckoutError if this Python lacks what is needed. The Makefile has checked its version."""
    named = f"{sys.executable} (Python {sys.version_info[0]}.{sys.version_info[1]})"
    if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        raise CheckoutError(
            f"{named} has no venv. On Debian and Ubuntu: apt install python3-venv. "
            "Or name another Python: make PYTHON=…"
        )
    if importlib.util.find_spec("_sqlite3") is None:
        raise CheckoutError(f"{named} was built without SQLite. Name another Python: make PYTHON=…")
    import sqlite3  # noqa: PLC0415 - not every Python has it

    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise CheckoutError(
            f"{named} has SQLite {sqlite3.sqlite_version}, and {'.'.join(map(str, OLDEST_SQLITE))} or newer is "
            "needed. Name a Python that has it: make PYTHON=…"
        )


def _is_usable(*, python_given: bool) -> bool:
    """Return True if .venv is complete, of a Python that still exists, and was made in this place."""
    if list((VENV / ".made").glob("*.begun")):
        return False
    pip = VENV / "bin" / "pip"
    # Scripts name the Python that they were installed for: those of a checkout that was moved name another.
    if not pip.exists() or str(VENV / "bin") + "/" not in pip.read_text("utf-8")[:500]:
        return False
    ask = "import sys, pip, json; print(json.dumps(sys.version_info[:2]))"
    try:
        answer = subprocess.run((str(PYTHON), "-c", ask), capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    return not python_given or json.loads(answer) == [*sys.version_info[:2]]


def _node(what: str) -> bool:
    """Install npm's packages, all or the demo's. Return True if there was anything to do. Raise CheckoutError."""
    if what == "python":
        return False
    why = _no_node()
    if why:
        # The demo says itself what it does without.
        print(f"{why}." if what == "demo" else f"{why}: tests that need npm's packages are skipped.", flush=True)
        return False
    folder, stamp = ROOT / "node_modules", ROOT / "node_modules" / ".made"
    scope = ("--omit=dev",) if what == "demo" else ()
    keys = {one: _digest(["package.json", "package-lock.json"], one) for one in ("demo", "all")}
    if stamp.exists() and stamp.read_text("ascii") in {keys[what], keys["all"]}:
        return False
    title = "Microsoft's Teams Playground" if what == "demo" else "npm's packages"
    try:
        with _told(f"{title} (package-lock.json)", "10 s"):
            # It empties the folder first, the stamp too.
            _run(("npm", "ci", *scope, "--ignore-scripts", "--no-fund", "--no-audit"))
    except CheckoutError as error:
        if what != "demo":
            raise
        shutil.rmtree(folder, ignore_errors=True)
        print(f"{error}\nGoing on without it: the demo's chat is in the terminal.", file=sys.stderr)
        return True
    stamp.write_text(keys[what], "ascii")
    return True


def _no_node() -> str:
    """Return the reason why npm's packages cannot be used here, an empty string if they can."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return "Node.js with npm was not found"
    output = subprocess.run((node, "--version"), capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.", output)
    if version is None or int(version[1]) < OLDEST_NODE:
        return f"Node.js is {output.strip() or 'broken'}, and {OLDEST_NODE} or newer is needed"
    return ""


def _digest(files: Sequence[str], more: str) -> str:
    found = hashlib.sha256(more.encode())
    for name in files:
        found.update((ROOT / name).read_bytes())
    return found.hexdigest()


def _run(command: Sequence[str], saw: Callable[[str], None] = lambda _: None) -> None:
    """Run a command, its output written to a file. Raise CheckoutError with the end of that if it fails."""
    LOG.parent.mkdir(exist_ok=True)
    output: list[str] = []
    with (
        LOG.open("a", encoding="utf-8") as log,
        subprocess.Popen(
            command,
            cwd=ROOT,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                log.write(line)
                output.append(line.rstrip())
                saw(line)
        except KeyboardInterrupt:
            # From a keyboard it has been told as well; from elsewhere it has not.
            process.terminate()
            process.wait()
            raise
    if process.returncode:
        last = "\n".join(f"    {line}" for line in output[-12:])
        raise CheckoutError(f"{last}\n{Path(command[0]).name} failed. All that it said is in {LOG.relative_to(ROOT)}.")


@dataclass
class _Progress:
    """The progress of pip, on one line that is written over again and again: for a terminal alone."""

    steps: int
    _seen: int = 0

    def saw(self, line: str) -> None:
        """Count a package, or the unpacking, from a line of output."""
        if self.steps and line.startswith(("Collecting ", "Requirement already satisfied: ")):
            self._seen += 1
            self.show(f"  package {min(self._seen, self.steps)} of {self.steps}")
        elif line.startswith("Installing collected packages"):
            self.show("  unpacking …")

    def show(self, text: str) -> None:
        """Overwrite the line."""
        if sys.stdout.isatty():
            print(f"\r\033[K{text}", end="", flush=True)


@contextlib.contextmanager
def _told(title: str, usually: str, steps: int = 0) -> Iterator[_Progress]:
    """Print what is being made and how long that usually takes, its progress, and how long it took."""
    begun, progress = time.monotonic(), _Progress(steps)
    print(f"Installing {title}: usually {usually} …", flush=True)
    try:
        yield progress
    finally:
        progress.show("")
    print(f"  done in {time.monotonic() - begun:.0f} s", flush=True)


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
