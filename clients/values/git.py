"""A file in a git repository as the home of the values: each change is a commit by its requester.

A push that comes too late is made anew on the new head, where that has not changed the same values.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar
from urllib.parse import urlsplit

from clients.azure.identity import Token
from clients.errors import Rejected, Unavailable
from clients.http import is_loopback
from clients.values.changes import Author, ValueChange, Written
from clients.values.document import decoded, parse
from clients.values.edit import edited
from clients.values.git_objects import SYSTEM, Signature, Tip
from clients.values.merge import still_open
from clients.values.remote import LARGEST, Remote
from clients.values.requests import Requests
from clients.values.secrets import Text, secret_values

_ATTEMPTS: Final = 5
_THREADS: Final = 2
T = TypeVar("T")


@dataclass(frozen=True)
class RemoteFile:
    """The location of the file: the repository's address as for `git clone`, a branch, a path in it.

    Raises ValueError for an address that is not plain http or https, for http to another machine, and for a path that
    leads out of the repository.
    """

    url: str
    branch: str
    path: str

    def __post_init__(self) -> None:
        address = urlsplit(self.url)
        if address.scheme not in ("http", "https") or not address.hostname or address.username or address.query:
            raise ValueError("repository: must be an https address, as for git clone, without a password")
        if address.scheme == "http" and not is_loopback(self.url):
            raise ValueError("repository: must be https, because a password is sent to it")
        if not self.path or any(part in ("", ".", "..", ".git") for part in self.path.split("/")):
            raise ValueError("file: must be a path in the repository, such as hub/config.yaml")

    @property
    def words(self) -> str:
        """The location as people read it: `main:config.yaml of hub-config`."""
        name = self.url.rstrip("/").rpartition("/")[2].removesuffix(".git")
        return f"{self.branch}:{self.path} of {name}"


class GitHome:
    """A git repository as the home of the values.

    `bot` is the committer, `email` makes an author's address of an object id.
    """

    kind = "git"

    def __init__(
        self,
        place: RemoteFile,
        *,
        token: Token | None,
        bot: Signature,
        email: Callable[[str], str],
        secrets: Text | None = None,
        timeout: float = 15.0,
    ) -> None:
        self.place = place.words
        self._where = place
        self._token = token
        self._bot = bot
        self._email = email
        self._secrets = secrets
        self._timeout = timeout
        self._known: Tip | None = None
        # Its own, and few: who asks while the repository does not answer waits in line, and holds up nobody else.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="values-repository")
        self._turn = asyncio.Lock()

    async def written(self) -> Written:
        """Return the file at the branch's head.

        Raise Unavailable, or Rejected where there is none, or none with values.
        """
        async with self._remote() as remote:
            tip = await self._asked(partial(self._tip, remote))
        return await asyncio.to_thread(self._read, tip)

    async def secrets(self) -> Mapping[str, object]:
        """Return the secrets' values; none where none are configured. Raise Unavailable or Rejected."""
        return await secret_values(self._secrets)

    async def save(
        self, changes: Sequence[ValueChange], *, base: str, author: Author, message: str, operation: str
    ) -> str:
        """Push a commit with these changes and return its hash, or that of the head if it has them already.

        Raise Conflict where the head has another value for one of them than was planned on, Rejected, or Unavailable.
        """
        by = Signature(author.name, self._email(author.object_id))
        text = f"{' '.join(message.split())}\n\nAsked for in operation {operation}.\n"
        async with self._turn, self._remote() as remote:
            for _ in range(_ATTEMPTS):
                tip = await self._asked(remote.tip)
                pushed = await self._asked(partial(self._pushed, remote, tip, changes, base, text, by))
                if pushed:
                    return pushed
        raise Unavailable(SYSTEM, f"was changed by others {_ATTEMPTS} times while the bot was writing to it")

    def _pushed(
        self, remote: Remote, tip: Tip, changes: Sequence[ValueChange], base: str, message: str, by: Signature
    ) -> str:
        """Return the head that has the changes; empty where it moved on meanwhile."""
        written = self._read(tip)
        left = still_open(changes, written.values, same=written.version == base)
        if not left:
            return tip.commit
        return remote.push(tip, edited(written.text, left, shown=False).encode(), message, by, self._bot)

    def _tip(self, remote: Remote) -> Tip:
        """Return the head; fetched only where it has changed since the last time."""
        known = self._known
        if known is None or remote.head() != known.commit:
            known = self._known = remote.tip()
        return known

    def _read(self, tip: Tip) -> Written:
        if tip.content is None:
            raise Rejected(SYSTEM, "no file", f"{SYSTEM} has no file {self._where.path} on {self._where.branch}.")
        text = decoded(tip.content)
        return Written(parse(text).values, tip.commit, text)

    @contextlib.asynccontextmanager
    async def _remote(self) -> AsyncIterator[Remote]:
        password = await self._token() if self._token is not None else ""
        where = self._where
        requests = Requests(where.url, password=password, timeout=self._timeout, largest=LARGEST)
        try:
            yield Remote(where.url, where.branch, where.path, requests)
        finally:
            await requests.close()

    async def _asked(self, what: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(4 * self._timeout):
                return await asyncio.get_running_loop().run_in_executor(self._threads, what)
        except TimeoutError as error:
            raise Unavailable(SYSTEM, f"did not answer within {4 * self._timeout:g} s") from error
