"""The refs of two git repositories, one private. What a commit contains, the builds make up."""

import secrets
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Final

REPOSITORY: Final = "data-platform/notebook-image.git"
# Sample notebooks: public, read without a password.
NOTEBOOKS: Final = "data-platform/sample-notebooks.git"
FAULTS: Final = ("", "absent", "broken")


def commit(start: str) -> str:
    """Return the hash of a commit that begins with `start`: the same in every sandbox."""
    return start + sha1(start.encode(), usedforsecurity=False).hexdigest()[len(start) :]


# Branches and tags; the last is an annotated one, which has an object of its own.
REFS: Final = {
    "refs/heads/geo-course": commit("c41d88e"),
    "refs/heads/main": commit("b5d20f4"),
    "refs/heads/release/2026.11": commit("7c1d2e9"),
    "refs/pull/12/head": commit("0e9a7b3"),
    "refs/tags/v1.4": commit("3f9a41c"),
    "refs/tags/v1.5": commit("d2f6a10"),
    "refs/tags/v1.5^{}": commit("7c1d2e9"),
}
NOTEBOOK_REFS: Final = {"refs/heads/main": commit("9c0f51d"), "refs/heads/draft": commit("11be07a")}


@dataclass
class GitRefs:
    """The refs of both repositories by name; a change is a push. `notebooks` are those of the public one.

    `token` is what callers must present as a password, `fault` one of FAULTS.
    """

    refs: dict[str, str] = field(default_factory=lambda: dict(REFS))
    notebooks: dict[str, str] = field(default_factory=lambda: dict(NOTEBOOK_REFS))
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    fault: str = ""

    def resolve(self, ref: str) -> str:
        """Return the commit that a branch, a tag or a whole hash names, an empty string if there is none."""
        if ref in self.refs.values():
            return ref
        names = (f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}", f"refs/heads/{ref}")
        return next((self.refs[name] for name in names if name in self.refs), "")
