"""The names under which things are stored, read off the code: of steps by following each command to its steps."""

import ast
import inspect
import textwrap
import types
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache, partial
from pathlib import Path
from typing import Any, get_args, get_type_hints

from bot.alerts.lifecycle import Alert, AlertState
from bot.alerts.watchers import watchers
from bot.audit.entry import AuditEvent
from bot.changes.model import Response, State
from bot.changes.serialization import _VIEWS, returned
from bot.changes.step_results import _FAILURES
from bot.instrumentation.outcomes import Outcome
from bot.runtime.durable import Durable
from bot.schedules.model import OccurrenceState, ScheduleState
from bot.store.tables import _versions, metadata
from commands.framework.command import Change, Steps
from commands.framework.registry import catalogue

ROOT = Path(__file__).parents[2]
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def stored() -> str:
    """All of them, for people to read: what is stored where, by which name."""
    parts = {
        "steps, by command, as they are recorded, and what is kept of each": list(_steps()),
        "plans, by command: what is kept of them": list(_plans()),
        "what plans, steps, views and alerts are made of": list(_kinds()),
        "views: the last state of a card": sorted(_VIEWS),
        "what a step ended with": ["result", *sorted(_FAILURES)],
        "events of the audit trail": _values(AuditEvent),
        "outcomes, in the trail and in metrics": _values(Outcome),
        "states of a change": _values(State),
        "what people say to a change": _values(Response),
        "states of a schedule": _values(ScheduleState),
        "states of a schedule's run": _values(OccurrenceState),
        "stages of an alert": _values(AlertState),
        "watchers of alerts": sorted(one.name for one in watchers()),
        "verbs of buttons, on cards that stand in chats": sorted(_verbs()),
        "DBOS": list(_dbos()),
        "phases of a change, which are DBOS's steps too": _phases(),
        "leases": _leases(),
        "tables": [f"{table.name}: {', '.join(table.columns.keys())}" for table in _tables()],
    }
    return "\n".join(f"# {title}\n\n" + "\n".join(lines) + "\n" for title, lines in parts.items())


def _values(kind: type[Enum]) -> list[str]:
    return sorted(str(one.value) for one in kind)


def _tables():
    return sorted((*metadata.tables.values(), _versions), key=lambda table: table.name)


# Steps


def changes() -> list[Change]:
    """The commands that have steps."""
    return [command for command in catalogue() if isinstance(command, Change)]


def _steps() -> Iterator[str]:
    for command in changes():
        yield command.name
        yield from (f"    {step.name}{_arrow(step)}" for step in steps_of(command))


def _arrow(step: "Step") -> str:
    return f" -> {_hint(step.kept)}" if step.kept is not None else ""


@dataclass(frozen=True)
class Step:
    """One step in the code: its name, what its result is, where it stands."""

    name: str
    kept: Any
    place: tuple[str, int]


def steps_of(command: Change) -> list[Step]:
    """What a command may record, in the order of the code."""
    return list(_steps_from(command.apply))


@cache
def _steps_from(function: Any) -> tuple[Step, ...]:
    seen: set[types.FunctionType] = set()
    return tuple(dict.fromkeys(_reached(function, seen)))


def _reached(function: Any, seen: set[types.FunctionType]) -> Iterator[Step]:
    """The steps of a function, then those of what it mentions, each function once."""
    function = function.func if isinstance(function, partial) else function
    if function in seen:
        return
    seen.add(function)
    tree, known = parsed(function), function.__globals__
    for node in _mentions(function):
        if is_step(node):
            place = (function.__code__.co_filename, function.__code__.co_firstlineno + node.lineno - 1)
            kept = _result(node.args[1], known)
            yield from (Step(name, kept, place) for name in _texts(node.args[0], tree, known))
        elif isinstance(node, ast.Name) and _is_ours(known.get(node.id)):
            yield from _reached(known[node.id], seen)


@cache
def _mentions(function: types.FunctionType) -> list[ast.Call | ast.Name]:
    """The calls and names in a function, in the order of the code."""
    found = [node for node in ast.walk(parsed(function)) if isinstance(node, ast.Call | ast.Name)]
    return sorted(found, key=lambda one: (one.lineno, one.col_offset))


def _is_ours(named: object) -> bool:
    return isinstance(named, types.FunctionType) and named.__module__.split(".")[0] == "commands"


def is_step(node: ast.AST) -> bool:
    """Whether this is where a step is recorded."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("step", "cleanup")


@cache
def parsed(function: types.FunctionType) -> ast.AST:
    """The code of a function."""
    return ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]


def _texts(node: ast.AST, function: ast.AST, known: dict[str, Any]) -> Iterator[str]:
    """What a step may be recorded as, by the expression that is given for its title."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr():
            parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            yield "".join(map(str, parts))
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one, function, known)
            yield from _texts(other, function, known)
        case ast.Call(func=ast.Name(id="Renamed"), args=[_, record]):
            yield from _texts(record, function, known)
        case ast.Call(func=ast.Name(id=name)) if _is_ours(known.get(name)):
            made = parsed(known[name])
            for one in ast.walk(made):
                if isinstance(one, ast.Return) and one.value is not None:
                    yield from _texts(one.value, made, known[name].__globals__)
        case ast.Name(id=name):
            yield from _named_texts(name, function, known)
        case _:
            raise AssertionError(f"a step's title that cannot be read off the code: {ast.unparse(node)}")


def _named_texts(name: str, function: ast.AST, known: dict[str, Any]) -> Iterator[str]:
    """What a name stands for: a text of its module, or what is assigned to it in the function."""
    if isinstance(known.get(name), str):
        yield known[name]
        return
    given = [one.value for one in ast.walk(function) if isinstance(one, ast.Assign) and _assigns(one, name)]
    assert given, f"{name} is not assigned where it is used as a step's title"
    for one in given:
        yield from _texts(one, function, known)


def _assigns(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _result(node: ast.AST, known: dict[str, Any]) -> Any:
    """What a step keeps, by the expression that is given for its action; None where that is nothing, or not known."""
    match node:
        case ast.Name(id=name) if name in known:
            return returned(known[name])
        case ast.Attribute():
            action = _attribute(ast.unparse(node).split("."))
            return returned(action) if callable(action) else None
    return None


def _attribute(names: list[str]) -> Any:
    """What `do.writes.alerts.subscribe` is, by the types that are declared."""
    if names[0] != "do":
        return None
    there: Any = Steps
    for name in names[1:-1]:
        there = get_type_hints(there)[name]
        there = next((one for one in get_args(there) if one is not type(None)), there)
    return getattr(there, names[-1])


# Plans, and what they are made of


def _plans() -> Iterator[str]:
    for command in changes():
        yield f"{command.name}: {_hint(returned(command.plan))}"


def _kinds() -> Iterator[str]:
    found: dict[str, type] = {}
    for kind in (*_VIEWS.values(), Alert):
        _collect(kind, kind.__name__, found)
    for command in changes():
        _collect(returned(command.plan), command.name, found)
        for step in steps_of(command):
            _collect(step.kept, command.name, found)
    for name, kind in sorted(found.items()):
        yield name
        yield from (f"    {line}" for line in _shape(kind))


def _collect(kind: Any, owner: str, found: dict[str, type]) -> None:
    """Find a kind and what it is made of; a second one of the same name is told from the first by its owner's name."""
    if isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, Enum)) and kind not in found.values():
        found[f"{kind.__name__} of {owner}" if kind.__name__ in found else kind.__name__] = kind
        for its in get_type_hints(kind).values() if is_dataclass(kind) else ():
            _collect(its, owner, found)
    for part in get_args(kind):
        _collect(part, owner, found)


def _shape(kind: type) -> list[str]:
    if issubclass(kind, Enum):
        return [", ".join(_values(kind))]
    hints = get_type_hints(kind)
    marks = {one.name: "".join(f", {mark}" for mark in one.metadata) for one in fields(kind)}
    return [f"{name}: {_hint(hints[name])}{mark}" for name, mark in marks.items()]


def _hint(kind: Any) -> str:
    """A type hint as it is written, without where its parts are declared."""
    if isinstance(kind, type) and not get_args(kind):
        return "None" if kind is type(None) else kind.__name__
    args = [_hint(one) if one is not ... else "..." for one in get_args(kind)]
    if isinstance(kind, types.UnionType) or "Union" in str(getattr(kind, "__origin__", "")):
        return " | ".join(args)
    origin = getattr(kind, "__origin__", None)
    return f"{getattr(origin, '__name__', kind)}[{', '.join(args)}]" if args else str(kind)


# What the bot itself names


@cache
def _trees(folder: str) -> tuple[ast.Module, ...]:
    return tuple(ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / folder).rglob("*.py")))


@cache
def _nodes(*folders: str) -> tuple[ast.AST, ...]:
    return tuple(node for folder in folders for tree in _trees(folder) for node in ast.walk(tree))


def _calls(*functions: str) -> list[str]:
    """Return the first argument, where it is a text, of all calls in the bot of what ends in one of these names."""
    calls = (one for one in _nodes("bot") if isinstance(one, ast.Call) and one.args)
    first = [
        one.args[0] for one in calls if f".{ast.unparse(one.func)}".endswith(tuple(f".{name}" for name in functions))
    ]
    return [one.value for one in first if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def _phases() -> list[str]:
    # `Workflow` calls the method of its `PhaseRunner` by a name of its own.
    return sorted({*_calls("phase", "phases.run", "phases.record", "step")})


def _leases() -> list[str]:
    calls = (one for one in _nodes("bot") if isinstance(one, ast.Call) and ast.unparse(one.func) == "Lease")
    return sorted(name for one in calls for name in _texts(one.args[1], one, {}))


def _dbos() -> Iterator[str]:
    file = inspect.getsourcefile(Durable)
    assert file is not None
    known = inspect.getmodule(Durable).__dict__
    yield f"application: {known['_NAME']}, version {known['_VERSION']}"
    for node in ast.walk(ast.parse(Path(file).read_text("utf-8"))):
        if isinstance(node, _FUNCTIONS):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "DBOS.workflow":
                    names = [ast.unparse(one.value) for one in mark.keywords if one.arg == "name"]
                    arguments = ", ".join(one.arg for one in node.args.args)
                    yield f"workflow: {ast.literal_eval(names[0])}({arguments})"
    for name in (*_calls("daily"), *_calls("weekly")):
        yield f"schedule: {name}"
    yield f"queues: {', '.join(_queues()) or 'none'}"


def _queues() -> list[str]:
    calls = (
        one for one in _nodes("bot") if isinstance(one, ast.Call) and ast.unparse(one.func).split(".")[-1] == "Queue"
    )
    return sorted(str(one.args[0].value) for one in calls if one.args and isinstance(one.args[0], ast.Constant))


def _verbs() -> set[str]:
    """What buttons and cards carry to tell one from the other, in the places where they are made."""
    nodes = _nodes("bot", "commands", "cards")
    constants = dict(named for node in nodes if isinstance(node, ast.stmt) for named in _constants(node))
    calls = [one for one in nodes if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)]
    given = [one.args[1] for one in calls if one.func.id == "Button" and len(one.args) > 1]
    given += [one.args[0] for one in calls if one.func.id == "Refresh" and one.args]
    texts = {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    texts |= {constants[one.id] for one in given if isinstance(one, ast.Name) and one.id in constants}
    return {*texts, constants["PAGE"]} - {""}


def _constants(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """The texts that a statement of a module gives names to."""
    match node:
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(text))):
            yield name, text
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
            yield name, text
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=texts)):
            for name, text in zip(names, texts, strict=True):
                if isinstance(name, ast.Name) and isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield name.id, text.value
