"""Changes to a file that others change too: those that are left to make, and conflicts."""

from collections.abc import Mapping, Sequence

from clients.errors import Conflict
from clients.values.changes import ValueChange, dotted
from clients.values.edit import value_at


def still_open(changes: Sequence[ValueChange], values: Mapping[str, object], *, same: bool) -> list[ValueChange]:
    """Return the changes that are not made already. `same` is True if the values are those they were planned on.

    Raise Conflict where they are not, and one of the changed values is neither what it was nor what it becomes.
    """
    left = [one for one in changes if not _is_so(one, values)]
    others = [] if same else [one for one in left if not one.was_planned_on(value_at(values, one.path))]
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
    """Return a type that distinguishes True from 1, which are equal to Python and not to helm."""
    return bool if isinstance(value, bool) else object
