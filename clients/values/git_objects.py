"""Git's objects as a commit on a branch needs them: its tip, trees, a new commit. By dulwich 1.2."""

import time
from dataclasses import dataclass, field
from typing import Final

from dulwich.object_store import MemoryObjectStore
from dulwich.objects import Blob, Commit, ObjectID, ShaFile, Tree

from clients.errors import Rejected

SYSTEM: Final = "The values' repository"


@dataclass(frozen=True)
class Signature:
    """A name and an address, as git writes them into commits."""

    name: str
    email: str

    @property
    def identity(self) -> bytes:
        """The form that git writes, without characters that would end it early."""
        name, email = (
            "".join(c for c in text if c.isprintable() and c not in "<>") for text in (self.name, self.email)
        )
        return f"{name.strip() or 'unknown'} <{email.replace(' ', '')}>".encode()


@dataclass(frozen=True)
class Tip:
    """The head of the branch: its commit, and the file's bytes (None: there is no such file)."""

    commit: str
    content: bytes | None = field(repr=False)
    objects: MemoryObjectStore = field(repr=False)


def tree_of(tip: Tip) -> ObjectID:
    """Return the id of the tree at the tip. Raise Rejected if the tip is no commit."""
    head = tip.objects[ObjectID(tip.commit.encode())]
    if not isinstance(head, Commit):
        raise Rejected(SYSTEM, "no commit", f"{SYSTEM} has something other than a commit at the head of its branch.")
    return ObjectID(head.tree)


def as_tree(node: ShaFile) -> Tree:
    """Return the object as a tree. Raise Rejected for any other kind."""
    if not isinstance(node, Tree):
        raise Rejected(SYSTEM, "no folder", f"{SYSTEM} has a file where values.file has a folder.")
    return node


def commit_on(tip: Tip, tree: Blob | Tree, message: str, author: Signature, committer: Signature) -> Commit:
    """Return a commit of the tree on the tip, made now."""
    made = Commit()
    made.tree, made.parents = ObjectID(tree.id), [ObjectID(tip.commit.encode())]
    made.author, made.committer = author.identity, committer.identity
    made.author_time = made.commit_time = int(time.time())
    made.author_timezone = made.commit_timezone = 0
    made.encoding = b"UTF-8"
    made.message = message.encode("utf-8", "replace")
    return made
