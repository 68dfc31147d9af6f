"""The Helm values that an earlier revision restores, and the renewed secrets that it would lose. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from cards.views import Difference
from commands.release.record import with_value
from commands.values.diff import differing, value_differences
from commands.values.secrets import secret_paths

Path = tuple[str, ...]


def restored_differences(now: Mapping[str, object], then: Mapping[str, object]) -> tuple[Difference, ...]:
    """Return every value that differs, by path; for what is or may hold a secret, only that it differs."""
    return tuple(Difference(one.path, one.before, one.after) for one in value_differences(now, then))


def renewed_secrets(now: Mapping[str, object], then: Mapping[str, object]) -> tuple[Path, ...]:
    """Return the secrets that both have but that changed since: a plain rollback would restore the old ones."""
    changed = {path for path, _, _ in differing(now, then)}
    return tuple(sorted(changed & {*_secret(now)} & {*_secret(then)}))


def with_current_secrets(
    then: Mapping[str, object], now: Mapping[str, object], paths: Sequence[Path]
) -> dict[str, object]:
    """Return the earlier values with the secrets at these paths as they are now."""
    values, current = dict(then), dict(_leaves(now))
    for path in paths:
        values = with_value(values, path, current[path])
    return values


def dotted(path: Path) -> str:
    """Return a path as people write it."""
    return ".".join(path)


def _secret(values: Mapping[str, object]) -> Iterator[Path]:
    """Yield the paths of secrets that lead through mappings only: helm replaces a list as a whole."""
    for path in secret_paths(values):
        if all(isinstance(part, str) for part in path):
            yield tuple(map(str, path))


def _leaves(node: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    if isinstance(node, Mapping) and node:
        for name, child in node.items():
            yield from _leaves(child, (*path, str(name)))
    elif path:
        yield path, node
