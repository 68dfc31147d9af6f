"""Argument types of the commands about images."""

import re
from typing import Final, Self

# OCI distribution specification 1.1, "pulling manifests": a tag is at most 128 of these, no dot or dash first.
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


# git's `check-ref-format` (2.47), and no more than forges allow: no blanks, no marks that revisions are made with.
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+#@=,-]*")


_LONGEST_REF: Final = 200


class ImageTag(str):
    """An image tag such as `7c1d2e9` or `2026.11-1`."""

    __slots__ = ()
    noun = "an image tag"
    placeholder = "tag"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return a tag as the OCI specification allows it. Raise ValueError for anything else."""
        if len(text) > 128:  # noqa: PLR2004 - the specification's number, named in the message
            raise ValueError(f"a tag has at most 128 characters, and this has {len(text)}")
        if not _TAG.fullmatch(text):
            raise ValueError("a tag is made of letters, digits, “.”, “_” and “-”, and does not start with “.” or “-”")
        return cls(text)


class GitRef(str):
    """A branch, a tag or a whole commit hash, such as `main`, `v1.4` or 40 hexadecimal digits."""

    __slots__ = ()
    noun = "a branch, tag or commit"
    placeholder = "ref"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return a name as git allows it. Raise ValueError for anything else."""
        if len(text) > _LONGEST_REF:
            raise ValueError(f"it may have at most {_LONGEST_REF} characters, and this has {len(text)}")
        parts = text.split("/")
        wrong = any(not part or part.startswith(".") or part.endswith((".", ".lock")) for part in parts)
        if wrong or not _REF.fullmatch(text) or ".." in text or "@{" in text:
            raise ValueError("type letters, digits and “._/+-”, as in main, release/2026.11 or v1.4")
        return cls(text)
