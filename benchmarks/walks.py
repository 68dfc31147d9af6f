"""The rooms that things pass through: a typed message, a click on Approve, an alert, a setting.

`python benchmarks/walks.py` runs a whole bot in one process on the sandbox. It notes the calls from one package of
`bot/` into another, each pair once, in the order in which they are first made. `▲` marks a call into a room that
imports the caller's, directly or not: no import goes that way, so it is a callback, a port or a listener. Of
settings, it counts the modules that import `Settings`, and the functions that take or return them.
"""

import ast
import asyncio
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Self

import grimp

from bot.cli.dev.try_command import Decider, Trial, trial

ROOT = Path(__file__).parents[1]
BOT = f"{ROOT / 'bot'}/"
# What starts it all, and what only counts, spells and stores on everybody's behalf.
APART = {"bot.entry", "bot.cli", "bot.wiring", "bot.instrumentation", "bot.telemetry"}


class Walk:
    """Calls between rooms, seen by a profile function while the block lasts."""

    def __init__(self, is_part: Callable[[FrameType], bool]) -> None:
        self._is_part = is_part
        self.calls: dict[tuple[str, str], None] = {}

    def __enter__(self) -> Self:
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    @property
    def rooms(self) -> list[str]:
        """The rooms in the order in which they were entered."""
        return list(dict.fromkeys(room for call in self.calls for room in call))

    @property
    def upward(self) -> list[tuple[str, str]]:
        """The calls from a room into one that stands above it."""
        return [(caller, callee) for caller, callee in self.calls if caller in below(callee)]

    def _profile(self, frame: FrameType, event: str, _: object) -> None:
        room = room_of(frame.f_code.co_filename)
        if event != "call" or not room or room in APART or not self._is_part(frame):
            return
        caller = frame.f_back
        while caller is not None and room_of(caller.f_code.co_filename) in {"", *APART}:
            caller = caller.f_back
        before = room_of(caller.f_code.co_filename) if caller is not None else ""
        if before and before != room:
            self.calls[before, room] = None


@cache
def room_of(file: str) -> str:
    """Return the room of a source file, empty for one outside `bot/`."""
    if not file.startswith(BOT):
        return ""
    return "bot." + file.removeprefix(BOT).split("/")[0].removesuffix(".py")


@cache
def below(room: str) -> frozenset[str]:
    """Return the rooms that `room` imports, directly or not."""
    found: set[str] = set()
    new = {room}
    while new:
        found |= new
        new = {lower for one in new for lower in _imports(one)} - found
    return frozenset(found - {room})


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph("bot")


def _imports(room: str) -> Iterator[str]:
    graph = _graph()
    for module in {room, *graph.find_descendants(room)}:
        for imported in graph.find_modules_directly_imported_by(module):
            yield ".".join(imported.split(".")[:2])


def show(title: str, walk: Walk) -> None:
    """Print a walk."""
    print(f"\n{title}: {len(walk.rooms)} rooms, {len(walk.upward)} upward")
    for caller, callee in walk.calls:
        print(f"  {'▲' if (caller, callee) in walk.upward else ' '} {caller} → {callee}")


def settings_walk() -> None:
    """Print where `Settings` are known, and by how many functions they are handed on."""
    modules, functions = [], 0
    for path in sorted((ROOT / "bot").rglob("*.py")):
        text = path.read_text("utf-8")
        if "Settings" not in text:
            continue
        tree = ast.parse(text)
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
        if "Settings" not in imported:
            continue
        modules.append(path.relative_to(ROOT).as_posix())
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                hints = [one.annotation for one in (*node.args.args, *node.args.kwonlyargs)] + [node.returns]
                functions += any(hint is not None and "Settings" in ast.unparse(hint).split("[")[-1] for hint in hints)
    rooms = sorted({room_of(str(ROOT / one)) for one in modules})
    print(f"\nsettings: {len(modules)} modules in {len(rooms)} rooms ({', '.join(rooms)}), {functions} functions")


async def _message(it: Trial) -> None:
    admin = it.person("admin")
    await it.command(admin, "/jhub status")
    with Walk(_in_turn) as walk:
        await it.command(admin, "/jhub status")
    show("A typed message, /jhub status", walk)


async def _click(it: Trial) -> None:
    operator, approver = it.person("operator"), it.person("approver")
    line = "/jhub storage delete ada.lovelace@example.org --reason walk"
    with Walk(_in_turn) as walk:
        outcome = await it.command(operator, line, Decider(approver, "approve"))
    show(f"A change that is asked for, approved by a click and carried out ({outcome}), {line}", walk)


def _in_turn(frame: FrameType) -> bool:
    # Alerts and schedules go on meanwhile, each in a task of its own that is named after nothing.
    while frame.f_back is not None:
        if room_of(frame.f_code.co_filename) in {"bot.alerts", "bot.jobs", "bot.schedules"}:
            return False
        frame = frame.f_back
    return True


def _in_alert(frame: FrameType) -> bool:
    while frame.f_back is not None:
        if room_of(frame.f_code.co_filename) == "bot.alerts":
            return True
        frame = frame.f_back
    return False


async def _alert(it: Trial, posted: asyncio.Event) -> None:
    operator = it.person("operator")
    await it.command(operator, "/jhub alerts here on")
    with Walk(_in_alert) as walk:
        await it.command(operator, "/sandbox break hub")
        posted.clear()
        async with asyncio.timeout(300):
            await posted.wait()
    show("An alert, from a watcher to its card", walk)


async def main() -> None:
    """Walk each way once."""
    posted = asyncio.Event()
    async with trial(on_activity=lambda _operation, _activity: posted.set()) as it:
        await _message(it)
        await _click(it)
        await _alert(it, posted)
    settings_walk()


if __name__ == "__main__":
    asyncio.run(main())
