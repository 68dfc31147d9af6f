"""The homes of the hub's values: the release itself, a file, or a file in a git repository.

All three implement the same protocols (`commands.ports.values`); the release's is the simplest, since its values travel
with each upgrade. The other two are in `file` and `git`, with the libraries for YAML and git that they need: loaded
where one of them is the home.
"""

from collections.abc import Sequence

from clients.values.changes import Author, Path, ValueChange, Written, dotted
from clients.values.document import ValuesDocument, parse, scalar_or_flow
from clients.values.release import ReleaseHome
from clients.values.words import is_plain

__all__ = [
    "Author",
    "Path",
    "ReleaseHome",
    "ValueChange",
    "ValuesDocument",
    "Written",
    "check_editable",
    "dotted",
    "is_plain",
    "parse",
    "scalar_or_flow",
]


def check_editable(text: str, changes: Sequence[ValueChange]) -> None:
    """Try the changes on a file's text. Raise Rejected, with what to type, where they cannot be made in place."""
    from clients.values.edit import edited  # noqa: PLC0415 - loads ruamel.yaml, for those who need it

    edited(text, changes)
