"""Where the hub's values are written down: the release itself, a file, or a file in a git repository.

All three keep one promise (`commands.reads.ValuesReads`, `commands.writes.ValuesWrites`); the release's is the
simplest, since its values travel with each upgrade. The other two are in `file` and `git`, with the libraries for
YAML and git that they need: loaded where one of them is the home.
"""

from clients.values.changes import Author, Path, ValueChange, Written, dotted
from clients.values.document import Document, parse, scalar_or_flow
from clients.values.release import ReleaseHome

__all__ = [
    "Author",
    "Document",
    "Path",
    "ReleaseHome",
    "ValueChange",
    "Written",
    "dotted",
    "parse",
    "scalar_or_flow",
]
