"""Resolution of a git ref, as people type it, to a commit."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from commands.framework.errors import UserError

_HASH: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT_HASH: Final = re.compile(r"[0-9a-f]{7,63}")
_SHORT: Final = 7
_HINTS: Final = 3
# In git's own order of preference (gitrevisions 2.47), from the most to the least exact.
_PLACES: Final = ("", "refs/", "refs/tags/", "refs/heads/")


def commit_of(ref: str, refs: Mapping[str, str], line: str, whose: str = "The image's repository") -> str:
    """Return the whole hash of the commit; `refs` are the repository's, by full name, which is called `whose`.

    A hash may be short if it is the tip of a branch or a tag: no server tells of others. Raise UserError with the
    nearest names as lines; `line` has {} for the name.
    """
    for start in _PLACES:
        if (found := refs.get(f"{start}{ref}")) is not None:
            return found
    lowered = ref.lower()
    if _HASH.fullmatch(lowered):
        return lowered
    tips = {sha for sha in refs.values() if sha.startswith(lowered)}
    if _SHORT_HASH.fullmatch(lowered) and len(tips) == 1:
        return tips.pop()
    raise _unknown(ref, refs, line, whose)


def _unknown(ref: str, refs: Mapping[str, str], line: str, whose: str) -> UserError:
    names = [name.split("/", 2)[2] for name in refs if name.startswith(("refs/heads/", "refs/tags/"))]
    near = get_close_matches(ref, names, n=_HINTS, cutoff=0.5) or [name for name in ("main", "master") if name in names]
    if _SHORT_HASH.fullmatch(ref.lower()):
        why = "No branch or tag is at a commit that begins with it: give the full hash of 40 digits."
    else:
        why = f"{whose} has no branch or tag “{ref}”."
    return UserError(why, *(line.format(name) for name in near))


def short(commit: str) -> str:
    """Return the hash as people write it."""
    return commit[:_SHORT]
