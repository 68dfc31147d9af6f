"""A private git repository in memory that holds the hub's config.yaml, and that file as it is at first."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import yaml
from dulwich.objects import Blob, Commit, Tree
from dulwich.refs import Ref
from dulwich.repo import MemoryRepo

REPOSITORY: Final = "data-platform/hub-config.git"
FILE: Final = "config.yaml"
FAULTS: Final = ("", "absent", "broken", "read-only")
BRANCH: Final = Ref(b"refs/heads/main")
_WHO: Final = b"Ines Admin <ines.admin@example.org>"
_HEADER: Final = """\
# The hub's live values. Change them with the bot, or by hand, followed by “/jhub deploy”.
# Do not put secrets here: they are in the release.

"""
_REMARKS: Final = {
    "  image:\n": "  image:                    # the image of users' servers; “/jhub deploy” sets the tag\n",
    "cull:\n": "# Idle servers are stopped; homes are kept.\ncull:\n",
}


def config_file(values: Mapping[str, object], without: tuple[tuple[str, ...], ...]) -> str:
    """Return the values as administrators keep them in a file, `without` those at these paths: the secrets."""
    plain = yaml.safe_load(yaml.safe_dump(values, sort_keys=False))
    for *way, last in without:
        holder = plain
        for name in way:
            holder = holder[name]
        del holder[last]
    text = _HEADER + yaml.safe_dump(plain, sort_keys=False, width=120)
    for line, remarked in _REMARKS.items():
        text = text.replace(line, remarked, 1)
    return text


@dataclass
class ConfigRepository:
    """The repository. `token` is what callers must present as a password, `fault` one of FAULTS.

    `began` is the time of the first commit, in seconds since the epoch.
    """

    text: str
    began: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    fault: str = ""
    repo: MemoryRepo = field(default_factory=MemoryRepo, init=False)

    def __post_init__(self) -> None:
        self.repo.refs.set_symbolic_ref(Ref(b"HEAD"), BRANCH)
        self.commit(self.text, "The hub as it is", _WHO, self.began)

    @property
    def file(self) -> str:
        """The file at the head of main."""
        tree = self.repo[self.head.tree]
        found = self.repo[tree[FILE.encode()][1]] if isinstance(tree, Tree) else None
        return found.data.decode() if isinstance(found, Blob) else ""

    @property
    def head(self) -> Commit:
        """The last commit on main."""
        found = self.repo[self.repo.refs[BRANCH]]
        if not isinstance(found, Commit):
            raise TypeError("a branch leads to a commit")
        return found

    def commit(self, text: str, message: str, author: bytes, when: int) -> None:
        """Commit a text of the file to main, as a push by somebody else does. `when` is in seconds since the epoch."""
        blob, tree, made = Blob.from_string(text.encode()), Tree(), Commit()
        tree.add(FILE.encode(), 0o100644, blob.id)
        made.tree, made.parents = tree.id, [self.repo.refs[BRANCH]] if BRANCH in self.repo.refs else []
        made.author = made.committer = author
        made.author_time = made.commit_time = when
        made.author_timezone = made.commit_timezone = 0
        made.message = message.encode()
        for one in (blob, tree, made):
            self.repo.object_store.add_object(one)
        self.repo.refs[BRANCH] = made.id
