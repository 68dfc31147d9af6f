"""Where the hub's values are written down: the release itself, a file, or a file in a git repository.

All three keep one promise (`commands.reads.ValuesReads`, `commands.writes.ValuesWrites`); the release's is the
simplest, since its values travel with each upgrade.
"""

from clients.values.changes import Author, Path, ValueChange, Written, dotted
from clients.values.document import Document, parse, scalar_or_flow
from clients.values.file import FileHome
from clients.values.git import GitHome, Place
from clients.values.release import ReleaseHome
from clients.values.remote import Person

__all__ = [
    "Author",
    "Document",
    "FileHome",
    "GitHome",
    "Path",
    "Person",
    "Place",
    "ReleaseHome",
    "ValueChange",
    "Written",
    "dotted",
    "parse",
    "scalar_or_flow",
]
