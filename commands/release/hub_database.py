"""What a change of JupyterHub's version does to its database, in the same words wherever it is told. Pure.

Its tables change with major versions (JupyterHub's alembic/versions of 0.7 to 5.5). z2jh starts the hub with
`--upgrade-db`, which migrates them at once, and nothing migrates them back.
"""

from typing import Final

from commands.text.version_numbers import parsed

WAY_BACK: Final = (
    "The copy that the hub made of its database at the upgrade is on its volume (hub-db-dir): "
    "restore that by hand first."
)


def is_migrated(before: str, after: str) -> bool:
    """Return True if the hub migrates its database at its first start with the new version."""
    return 0 < _major(before) < _major(after)


def cannot_go_back(before: str, after: str) -> bool:
    """Return True if an older hub would not start on what the newer one has migrated."""
    return _major(before) > _major(after) > 0


def going_back(before: str, after: str) -> str:
    """Return what becomes of the database where JupyterHub goes back to an older version; empty where it does not."""
    old, new = parsed(before), parsed(after)
    if not old or not new or new >= old:
        return ""
    end = (
        "Its database was migrated and cannot go back: the old hub would not start on it."
        if cannot_go_back(before, after)
        else "Within one major version that mostly works, but nobody tests it."
    )
    return f"JupyterHub would go back from {before} to {after}. {end}"


def _major(version: str) -> int:
    return (parsed(version) or (0,))[0]
