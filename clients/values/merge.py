"""Changes that meet a file which others change too: what is left to do, and what stands against it."""

from collections.abc import Mapping, Sequence

from clients.errors import Conflict
from clients.values.changes import ValueChange, dotted
from clients.values.edit import value_at


def still_open(changes: Sequence[ValueChange], values: Mapping[str, object], *, same: bool) -> list[ValueChange]:
    """Those of the changes that are not so already. `same`: the values are those that they were planned on.

    Raises Conflict where they are not, and one of the changed values is neither what it was nor what it becomes.
    """
    left = [one for one in changes if not _is_so(one, values)]
    others = [] if same else [one for one in left if not one.is_on(value_at(values, one.path))]
    if others:
        names = ", ".join(dotted(one.path) for one in others)
        raise Conflict(f"Somebody else has changed {names} there in the meantime.")
    return left


def _is_so(change: ValueChange, values: Mapping[str, object]) -> bool:
    holder, name = value_at(values, change.path[:-1]) if len(change.path) > 1 else values, change.path[-1]
    there = name in holder if isinstance(holder, Mapping) else value_at(values, change.path) is not None
    found = value_at(values, change.path)
    return not there if change.removed else there and found == change.after and _kind(found) is _kind(change.after)


def _kind(value: object) -> type:
    """True and 1 are the same to Python, and not to helm."""
    return bool if isinstance(value, bool) else object
