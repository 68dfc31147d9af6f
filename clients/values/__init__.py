"""Where the hub's values are written down: the release itself, a file, or a file in a git repository.

All three keep one promise (`commands.reads.ValuesReads`, `commands.writes.ValuesWrites`); the release's is the
simplest, since its values travel with each upgrade.
"""

from clients.values.changes import Author, ValueChange, Written
from clients.values.release import ReleaseHome

__all__ = ["Author", "ReleaseHome", "ValueChange", "Written"]
