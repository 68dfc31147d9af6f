"""A branch of a git repository over smart HTTP, limited to one file in it. Blocks: not on the event loop.

Nothing is kept on disk: of the branch's head its trees and files are fetched, and what is pushed is one commit on it.
By dulwich 1.2, which is git in Python; it is used here and in `git_objects` alone.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final, TypeVar

import aiohttp
from dulwich.client import AbstractHttpGitClient
from dulwich.errors import GitProtocolError, SendPackError
from dulwich.object_store import MemoryObjectStore
from dulwich.objects import Blob, Commit, ObjectID, ShaFile, Tree
from dulwich.pack import pack_objects_to_data
from dulwich.refs import Ref

from clients.answers import RedirectedError, TooLongError, UnusableError
from clients.errors import Rejected, Unavailable
from clients.values.git_objects import SYSTEM, Signature, Tip, as_tree, commit_on, tree_of
from clients.values.packs import unpacked_size
from clients.values.requests import Requests

# A repository of configuration has kilobytes; one with a program in it may have this much at its head.
LARGEST: Final = 20 << 20
# The same once it is unpacked.
_UNPACKED: Final = 64 << 20
_SHOWN: Final = 120
T = TypeVar("T")


@dataclass(frozen=True)
class _Answer:
    """The attributes of a response that dulwich reads besides its body."""

    content_type: str
    redirect_location = ""

    def close(self) -> None:
        """Do nothing: no connection is held."""


class _Git(AbstractHttpGitClient):
    """Dulwich's git over HTTP, which sends by `Requests`; limited to servers that speak the smart protocol."""

    def __init__(self, url: str, requests: Requests) -> None:
        super().__init__(url, quiet=True)
        self._requests = requests

    def _http_request(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        data: bytes | Iterable[bytes] | None = None,
        raise_for_status: bool = True,
    ) -> tuple[Any, Callable[[int], bytes]]:
        del raise_for_status
        body = data if data is None or isinstance(data, bytes) else b"".join(data)
        sent = self._requests.ask(url, headers or {}, body)
        _check(sent.status)
        if not sent.content_type.startswith("application/x-git-"):
            raise GitProtocolError("no answer of git's")
        return _Answer(sent.content_type), BytesIO(sent.body).read


class Remote:
    """One branch of the repository that `requests` sends to."""

    def __init__(self, url: str, branch: str, path: str, requests: Requests) -> None:
        self._ref = Ref(f"refs/heads/{branch}".encode())
        self._path = path.encode()
        self._client = _Git(url, requests)

    def head(self) -> str:
        """Return the commit at the branch's head. Raise Unavailable, or Rejected where there is no such branch."""
        refs = _asked(lambda: self._client.get_refs(b"").refs)
        return self._found(refs)

    def _found(self, refs: Any) -> str:  # noqa: ANN401 - refs of dulwich
        sha = refs.get(self._ref)
        if sha is None:
            raise Rejected(
                SYSTEM, "no branch", f"{SYSTEM} has no branch {self._ref.decode()[11:]}: check values.branch."
            )
        return bytes(sha).decode("ascii")

    def tip(self) -> Tip:
        """Return the head with its files. Raise Rejected or Unavailable."""
        store = MemoryObjectStore()
        into, commit, abort = store.add_pack()
        pack = bytearray()
        try:
            result = _asked(lambda: self._client.fetch_pack(b"", self._wanted, _Nothing(), _into(pack), depth=1))
            _asked(lambda: _check_size(bytes(pack)))
            into.write(pack)
        except BaseException:
            abort()
            raise
        _asked(commit)
        sha = self._found(result.refs)
        return Tip(sha, self._file(store, sha), store)

    def _wanted(self, refs: Any, depth: int | None = None) -> list[ObjectID]:  # noqa: ANN401 - refs of dulwich
        del depth
        return [refs[self._ref]] if self._ref in refs else []

    def _file(self, store: MemoryObjectStore, sha: str) -> bytes | None:
        head = store[ObjectID(sha.encode())]
        node: ShaFile | None = store[head.tree] if isinstance(head, Commit) else None
        for name in self._path.split(b"/"):
            if not isinstance(node, Tree) or name not in node:
                return None
            inner = node[name][1]
            # A submodule names a commit of elsewhere.
            node = store[inner] if inner in store else None  # noqa: SIM401 - the store has no get
        return node.data if isinstance(node, Blob) else None

    def push(self, tip: Tip, content: bytes, message: str, author: Signature, committer: Signature) -> str:
        """Push a commit on the tip with this content. Return its hash, or nothing where the branch has moved on.

        Raise Rejected where the server refuses it, in its words, or Unavailable.
        """
        made = self._changed(tip, content)
        commit = commit_on(tip, made[-1], message, author, committer)
        told: list[str] = []

        def moved(refs: Any) -> Any:  # noqa: ANN401 - refs of dulwich
            return {self._ref: commit.id} if refs.get(self._ref) == tip.commit.encode() else {}

        objects = [*made, commit]
        result = _asked(
            lambda: self._client.send_pack(
                b"",
                moved,
                lambda *_, **__: pack_objects_to_data([(one, None) for one in objects]),
                progress=lambda text: told.append(text.decode("utf-8", "replace")),
            )
        )
        why = (result.ref_status or {}).get(self._ref)
        if why is None and result.refs.get(self._ref) == commit.id:
            return commit.id.decode("ascii")
        return self._refused(tip, str(why or ""))

    def _refused(self, tip: Tip, why: str) -> str:
        if not why or self.head() != tip.commit:
            return ""
        words = "".join(c if c.isprintable() else " " for c in why)[:_SHOWN]
        raise Rejected(SYSTEM, "not taken", f"{SYSTEM} did not accept the bot's commit: {words}.")

    def _changed(self, tip: Tip, content: bytes) -> list[Blob | Tree]:
        """Return the new file, and the trees that hold it, from the innermost out."""
        *folders, name = self._path.split(b"/")
        trees = [tip.objects[tree_of(tip)]]
        for folder in folders:
            trees.append(tip.objects[as_tree(trees[-1])[folder][1]])
        made: list[Blob | Tree] = [Blob.from_string(content)]
        for holder, inside in zip(reversed(trees), [name, *reversed(folders)], strict=True):
            tree = Tree.from_string(as_tree(holder).as_raw_string())
            tree[inside] = (tree[inside][0], made[-1].id)
            made.append(tree)
        return made


class _Nothing:
    """A graph walker, as git calls it, without any commit to offer."""

    def __next__(self) -> None:
        """Return None: there is no commit to offer."""

    def next(self) -> None:
        """Return None, under the older name."""

    def ack(self, sha: ObjectID) -> None:
        """Ignore it: nothing was offered."""

    def nak(self) -> None:
        """Ignore it: nothing was offered."""


def _into(pack: bytearray) -> Callable[[bytes], int]:
    def write(data: bytes) -> int:
        pack.extend(data)
        return len(data)

    return write


def _check_size(pack: bytes) -> None:
    if pack and unpacked_size(pack, _UNPACKED) > _UNPACKED:
        raise TooLongError


def _check(status: int) -> None:
    match status:
        case HTTPStatus.OK:
            return
        case HTTPStatus.UNAUTHORIZED:
            raise Unavailable(SYSTEM, "does not let the bot in: check values.token_file")
        case HTTPStatus.FORBIDDEN:
            raise Unavailable(SYSTEM, "does not let the bot do that (403): check values.token_file")
        case HTTPStatus.NOT_FOUND:
            what = "does not exist, or the bot has no access: check values.repository, values.token_file"
            raise Unavailable(SYSTEM, what)
        case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
            raise Unavailable(SYSTEM, f"asked the bot to come back later ({status})")
    raise Unavailable(SYSTEM, f"answered with an error ({status})")


def _asked(what: Callable[[], T]) -> T:
    """Return what dulwich answers. Replace its errors, which contain addresses, by those of `clients.errors`."""
    try:
        return what()
    except UnusableError as error:
        raise Unavailable(SYSTEM, _of_no_use(error)) from error
    except TimeoutError as error:
        raise Unavailable(SYSTEM, "did not answer in time") from error
    except SendPackError as error:
        raise Rejected(SYSTEM, "not taken", f"{SYSTEM} did not accept the bot's commit.") from error
    except (GitProtocolError, aiohttp.ClientError, OSError, ValueError, LookupError, AssertionError) as error:
        raise Unavailable(SYSTEM, "did not answer in a usable way") from error


def _of_no_use(error: UnusableError) -> str:
    match error:
        case TooLongError():
            return f"has more than {LARGEST >> 20} MiB at the head of the branch"
        case RedirectedError():
            return "has moved: set values.repository to its new address"
    return error.what
