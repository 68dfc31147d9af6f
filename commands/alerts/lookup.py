"""Lookup of an alert by its id, or the beginning of it."""

from commands.framework.argument_types import OperationId
from commands.framework.errors import UserError
from commands.ports.alerts import AlertSummary
from commands.ports.context import Reads


async def chosen(given: OperationId, reads: Reads, line: str) -> AlertSummary:
    """Return the open alert of that id; `line` is the line to type, with {} for the id.

    Raise UserError for none or several.
    """
    living = await reads.alerts.open()
    found = [alert for alert in living if alert.id.startswith(given)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(
            f"The ids of {len(found)} alerts begin with {given}: type more of it.",
            *(line.format(one.id) for one in found[:5]),
        )
    hints = [line.format(one.id) for one in living[:5]] or ["/jhub alerts --all"]
    raise UserError(f"No open alert has an id that begins with {given}.", *hints)
