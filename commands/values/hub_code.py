"""Reading of the Python code in Helm values that configures JupyterHub: what it sets, without running it. Pure.

Only plain statements at the top of the code are read: `c.Class.trait = …` with a literal, `+=`, and the methods that
complete a collection. Every other statement is searched for the names that it may set, and what it may set is unknown.
A statement that hands on the whole configuration, or runs other code, may set anything.
"""

import ast
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from commands.values.literals import COMPLETED_BY, completed, literal
from commands.values.python_syntax import parsed

# The text of all code, far above what people write.
_MOST_IN_ALL: Final = 128 * 1024
_CONFIG: Final = "c"
# With these, code may reach the configuration under another name.
_HAND_ON: Final = frozenset(
    {"exec", "eval", "compile", "globals", "locals", "vars", "__import__", "__builtins__", "load_subconfig"}
)
# What traitlets' Config has of a dict's, and of its own: they may set any trait of their class.
_METHODS: Final = frozenset({*dir(dict), "merge", "collisions"})

Trait = tuple[str, str]
"""A class of the hub and one of its traits."""

ANY: Final = "*"
"""Instead of the name of a class or a trait: each of them."""


@dataclass
class HubCode:
    """The configuration that code leaves behind: `known` traits, and those that it may set to something else.

    `unread` are the places that may set something and were not read: “hub.extraConfig.10-hooks, line 3”.
    """

    known: dict[Trait, object] = field(default_factory=dict, repr=False)
    unread: list[str] = field(default_factory=list)
    _certain: dict[Trait, float] = field(default_factory=dict)
    _possible: dict[Trait, float] = field(default_factory=dict)
    _step: int = 0

    def may_set(self, owner: str, name: str) -> bool:
        """Return True if code that was not read may leave another value in this trait of this class."""
        return self._is_doubted(owner, name, (owner, name), (ANY, name), (owner, ANY), (ANY, ANY))

    def names(self, owner: str, name: str) -> bool:
        """Return True if code that was not read names this trait or class: what may set anything does not count."""
        return self._is_doubted(owner, name, (owner, name), (owner, ANY))

    def _is_doubted(self, owner: str, name: str, *possible: Trait) -> bool:
        last = max((self._possible[one] for one in possible if one in self._possible), default=-1)
        return last > self._certain.get((owner, name), -1)

    @property
    def doubted(self) -> tuple[Trait, ...]:
        """The traits that code that was not read may leave with another value, `ANY` among their names."""
        return tuple(one for one, at in self._possible.items() if at > self._certain.get(one, -1))

    def settle(self, trait: Trait, value: object) -> None:
        """Set a trait for certain, whatever was possible before."""
        self._step += 1
        self.known[trait] = value
        self._certain[trait] = self._step

    def doubt(self, place: str, traits: set[Trait], *, at_any_time: bool = False) -> None:
        """Note a place that may set these traits."""
        if traits:
            self._step += 1
            self._possible |= dict.fromkeys(traits, math.inf if at_any_time else self._step)
            self.unread.append(place)


def read_code(pieces: Sequence[tuple[str, str | None]], config: Mapping[str, Mapping[str, object]]) -> HubCode:
    """Read pieces of code, each with its place, in the order in which the hub runs them, after `config`.

    Never raise: what cannot be read, or has no text, may set anything.
    """
    made = HubCode({(owner, name): value for owner, traits in config.items() for name, value in traits.items()})
    room = _MOST_IN_ALL
    for place, text in pieces:
        room -= len(text or "")
        tree = parsed(text) if room >= 0 and text is not None else None
        if tree is None:
            made.doubt(place, {(ANY, ANY)})
            continue
        for statement in tree.body:
            _read(statement, f"{place}, line {statement.lineno}", made)
    return made


def _read(statement: ast.stmt, place: str, made: HubCode) -> None:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        # Its body runs whenever somebody calls it.
        made.doubt(place, _mentioned(statement), at_any_time=True)
    elif not _is_harmless(statement) and not _apply(statement, made):
        made.doubt(place, _mentioned(statement))


def _is_harmless(statement: ast.stmt) -> bool:
    """Return True for what cannot set a trait: docstrings, imports of named things, `c = get_config()`."""
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Import():
            return True
        case ast.ImportFrom(names=names):
            return all(one.name != "*" and (one.asname or one.name) != _CONFIG for one in names)
        case ast.Assign(targets=[ast.Name(id="c")], value=ast.Call(func=ast.Name(id="get_config"), args=[])):
            return True
    return False


def _apply(statement: ast.stmt, made: HubCode) -> bool:
    """Apply a statement that sets traits to literals. Return False if it is not one of these."""
    match statement:
        case ast.Assign(targets=targets, value=value):
            return _assign(targets, value, made)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            return _assign([target], value, made)
        case ast.AugAssign(target=target, op=ast.Add() | ast.BitOr() as sign, value=value):
            return _complete(target, "+=" if isinstance(sign, ast.Add) else "|=", value, made)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr=method), args=[value], keywords=[])):
            return _complete(owner, method, value, made) or (method == "update" and _update(owner, value, made))
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr="update"), args=[], keywords=keywords)):
            names: list[ast.expr | None] = [ast.Constant(one.arg) if one.arg else None for one in keywords]
            return _update(owner, ast.Dict(names, [one.value for one in keywords]), made)
    return False


def _assign(targets: Sequence[ast.expr], value: ast.expr, made: HubCode) -> bool:
    traits = [_trait(target) for target in targets]
    readable, found = literal(value)
    if not readable or None in traits:
        return False
    for trait in filter(None, traits):
        made.settle(trait, found)
    return True


def _complete(target: ast.expr, how: str, value: ast.expr, made: HubCode) -> bool:
    """Apply what adds to a collection: to a known one, or to one of people or groups, which is empty by default."""
    trait = _trait(target)
    readable, added = literal(value)
    if trait is None or not readable or how not in COMPLETED_BY or made.may_set(*trait):
        return False
    is_done, found = completed(made.known.get(trait), how, added, people=trait[1].startswith(_PEOPLE))
    if is_done:
        made.settle(trait, found)
    return is_done


_PEOPLE: Final = ("allowed_", "admin_", "blocked_")


def _update(owner: ast.expr, value: ast.expr, made: HubCode) -> bool:
    """Apply `c.Class.update({…})`."""
    name = _section(owner)
    readable, found = literal(value)
    if not name or not readable or not isinstance(found, dict) or not all(isinstance(one, str) for one in found):
        return False
    for trait, one in found.items():
        made.settle((name, trait), one)
    return True


def _chain(node: ast.expr) -> tuple[str, ...]:
    """Return the names below `c` that an expression leads through, by attributes and by literal subscripts."""
    names: list[str] = []
    while True:
        match node:
            case ast.Attribute(value=inner, attr=name):
                node = inner
            case ast.Subscript(value=inner, slice=ast.Constant(value=str() as name)):
                node = inner
            case ast.Name(id="c"):
                return tuple(reversed(names))
            case _:
                return ()
        names.append(name)


def _section(node: ast.expr) -> str:
    chain = _chain(node)
    return chain[0] if len(chain) == 1 and chain[0][:1].isupper() else ""


def _trait(node: ast.expr) -> Trait | None:
    match _chain(node):
        case (owner, name) if owner[:1].isupper():
            return owner, name
    return None


def _mentioned(statement: ast.AST) -> set[Trait]:
    """Return the traits that a statement may set, by the names in it; nothing if it cannot reach the configuration."""
    inner = {id(one.value) for one in ast.walk(statement) if isinstance(one, ast.Attribute | ast.Subscript)}
    return {trait for node in ast.walk(statement) for trait in _reached(node, inner)}


def _reached(node: ast.AST, inner: set[int]) -> Iterator[Trait]:
    """Yield what a node leads to. `inner` are the nodes that another one looks into."""
    match node:
        case ast.Name(id="c") if id(node) not in inner:
            yield ANY, ANY
        case ast.Name(id=name) if name in _HAND_ON:
            yield ANY, ANY
        case ast.ImportFrom(names=names) if any(one.name == "*" for one in names):
            yield ANY, ANY
        case ast.Call(func=ast.Name(id="get_config"), args=[], keywords=[]):
            yield ANY, ANY
        case ast.Attribute() | ast.Subscript():
            yield from _led_to(node, inner)


def _led_to(node: ast.Attribute | ast.Subscript, inner: set[int]) -> Iterator[Trait]:
    match _chain(node):
        case (owner, *_) if not owner[:1].isupper():
            yield ANY, ANY
        case (owner, name, *_):
            yield owner, ANY if name in _METHODS or name.startswith("_") else name
        case (owner,) if id(node) not in inner:
            yield owner, ANY
        case () if isinstance(node.value, ast.Name) and node.value.id == _CONFIG:
            yield ANY, ANY
        case () if chain := _chain(node.value):
            yield chain[0], chain[1] if len(chain) > 1 else ANY
