"""The Helm values that a deployment starts from, and how its changes are stored once they are live.

Values that are stored in a file are authoritative over the live revision: a deployment makes them live. Only
their secrets are elsewhere, in the release, and are merged into them.

A change that a command makes is stored after helm has succeeded, not before: most failures are helm's (an image that
cannot be pulled, a pod that does not start), and so the file's history records what was deployed and nothing else. A
change that cannot be stored any more by then is reported on the card, and `/jhub config diff` shows it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from clients.errors import Conflict, Rejected, Unavailable
from clients.values import Author, Path, ValueChange, dotted
from commands.framework.command import Renamed, Steps
from commands.framework.errors import UserError
from commands.ports.context import Reads
from commands.values.secrets import leaves, secret_paths

_NOTHING: Final = (None, "")


@dataclass(frozen=True)
class BaseValues:
    """Values that a deployment starts from, with secrets: for helm alone. `version` is that of the stored values."""

    values: Mapping[str, object] = field(repr=False)
    version: str


async def base_values(reads: Reads) -> BaseValues:
    """Return the stored values, with the secrets that they leave to the release and to `values.secrets`.

    If they are stored in the release, return its live revision's values. Raise UserError if none are stored anywhere
    yet or if they are invalid, Unavailable.
    """
    stored = await stored_values(reads)
    return BaseValues(with_fallback(stored.values, stored.extra), stored.version)


@dataclass(frozen=True)
class StoredValues:
    """The stored values with the release's secrets, and apart from them what `values.secrets` has."""

    values: Mapping[str, object] = field(repr=False)
    extra: Mapping[str, object] = field(repr=False)
    version: str


async def stored_values(reads: Reads) -> StoredValues:
    """Return the parts of the values that a deployment starts from. Raise what `base_values` does."""
    try:
        written = await reads.values.written()
        extra = await reads.values.secrets()
    except Rejected as error:
        raise UserError(str(error), "/jhub config validate") from None
    if written is None and reads.values.kind != "release":
        raise UserError(f"{reads.values.place} does not exist yet: it is to hold the hub's values (values).")
    if written is None:
        raise UserError(
            f"There is no release “{reads.names.release}” any more, and nothing else says which values it should have: "
            "configure a values file for the bot (values)."
        )
    if reads.values.kind == "release":
        return StoredValues(written.values, {}, written.version)
    live = await reads.releases.deployed() or await reads.releases.current()
    whole = with_release_secrets(written.values, live.values if live else {})
    return StoredValues(whole, extra, written.version)


def with_release_secrets(written: Mapping[str, object], live: Mapping[str, object]) -> dict[str, object]:
    """Merge into the stored values the secrets that only the release has: those recognised by their names.

    A secret is taken over where the mapping that holds it is still stored (an empty one will do), so that removing a
    service or a login method from the file removes its secret as well. In a list, the item of the same `name` is meant.
    An empty string or null in the file is a placeholder for a secret. A list of secrets is one secret. What people
    named themselves (code, files, roles, annotations) is no secret, whatever its name, and neither is a program: only
    the file has it.
    """
    made = _merged(written, live, secret_paths(live), ())
    return made if isinstance(made, dict) else {}


def _merged(written: object, live: object, secrets: frozenset[Path], path: Path) -> object:
    if isinstance(written, Mapping) and isinstance(live, Mapping):
        made = {name: _merged(child, live.get(name), secrets, (*path, str(name))) for name, child in written.items()}
        only = {name for name in live if (*path, str(name)) in secrets and made.get(name) in _NOTHING}
        return {**made, **{name: child for name, child in live.items() if name in only}}
    if isinstance(written, list) and isinstance(live, list):
        named = {one["name"]: (n, one) for n, one in enumerate(live) if isinstance(one, Mapping) and "name" in one}
        return [_merged_item(item, named, secrets, path) for item in written]
    return written


def _merged_item(
    item: object,
    named: Mapping[object, tuple[int, object]],
    secrets: frozenset[Path],
    path: Path,
) -> object:
    name = item.get("name") if isinstance(item, Mapping) else None
    if not isinstance(name, str) or name not in named:
        return item
    index, live = named[name]
    return _merged(item, live, secrets, (*path, index))


def with_fallback(values: Mapping[str, object], extra: Mapping[str, object]) -> dict[str, object]:
    """Return the values, completed from `extra` where they have nothing."""
    made = dict(values)
    for name, child in extra.items():
        present = made.get(name)
        if isinstance(present, Mapping) and isinstance(child, Mapping):
            made[name] = with_fallback(present, child)
        elif present in _NOTHING:
            made[name] = child
    return made


def with_changes(values: Mapping[str, object], changes: Iterable[ValueChange]) -> dict[str, object]:
    """Apply the changes to the values and return the result; missing mappings on the way to a name are created.

    Raise UserError for a path that the values contradict, as a list without that item.
    """
    made: object = values
    for change in changes:
        made = _with(made, change.path, change)
    return dict(made) if isinstance(made, Mapping) else {}


def _with(node: object, path: Path, change: ValueChange) -> object:
    if not path:
        return change.after
    first, rest = path[0], path[1:]
    if isinstance(first, int):
        if not isinstance(node, list) or not 0 <= first < len(node):
            raise UserError(
                f"There is no item [{first}] on the way of “{dotted(change.path)}” in the values themselves, and helm "
                "takes a list as a whole: set all of it, as in [a, b].",
                f"/jhub config show {dotted(change.path[: change.path.index(first)])}",
            )
        instead = [] if change.removed and not rest else [_with(node[first], rest, change)]
        return [*node[:first], *instead, *node[first + 1 :]]
    if not isinstance(node, Mapping | None):
        raise UserError(f"In the path “{dotted(change.path)}”, no mapping could contain “{first}”.")
    mapping = dict(node or {})
    if change.removed and not rest:
        mapping.pop(first, None)
        return mapping
    return {**mapping, first: _with(mapping.get(first), rest, change)}


def value_at(values: object, path: Sequence[str | int]) -> object:
    """Return the value at a path, or None if there is none."""
    for part in path:
        if isinstance(part, int):
            values = values[part] if isinstance(values, list) and 0 <= part < len(values) else None
        else:
            values = values.get(part) if isinstance(values, Mapping) else None
    return values


def store_title(place: str) -> Renamed:
    """Return the title of the step that stores values."""
    return Renamed(f"Store it in {place}", f"Write it down in {place}")


async def store_changes(changes: Sequence[ValueChange], base: str, message: str, do: Steps) -> str:
    """Store the live changes, as a step. Return why that failed; empty if it succeeded or was not needed.

    `base` is the version of the stored values that the changes were planned on.
    """
    if do.reads.values.kind == "release":
        return ""
    place = do.reads.values.place
    try:
        await do.step(store_title(place), save_changes, changes, base, message, do)
    except (Conflict, Rejected, Unavailable) as error:
        return f"It is live, but not stored in {place}: {error}"
    return ""


async def save_changes(changes: Sequence[ValueChange], base: str, message: str, do: Steps) -> str:
    """Store what is live now, as a step's action. Return the version of the stored values.

    Check first: what is already so is not written again. Secrets are never stored. Raise Conflict, Rejected or
    Unavailable, as `commands.ports.values.ValuesWrites` does.
    """
    open_ones = [one for one in changes if not sets_secret(one)]
    author = Author(do.caller.name, do.caller.object_id)
    return await do.writes.values.save(open_ones, base=base, author=author, message=message, operation=do.operation)


def sets_secret(change: ValueChange) -> bool:
    """Return True if a change sets a secret, judged by the names on its path and within the new value."""
    node: object = change.after if isinstance(change.after, Mapping | list | str) else "a text"
    for part in reversed(change.path):
        node = [node] if isinstance(part, int) else {part: node}
    return any(leaf.secret for leaf in leaves(node))
