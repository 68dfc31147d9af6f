"""A private git repository that holds the hub's config.yaml: it can be cloned and pushed to, by smart HTTP.

What git says over the wire is dulwich's to know (its server's half, 1.2); here it gets its bytes by HTTP and sends
them back, as git's `gitprotocol-http` has it. The repository is in memory.
"""

import asyncio
import base64
import io
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

import yaml
from aiohttp import web
from dulwich.objects import Blob, Commit, Tree
from dulwich.protocol import ReceivableProtocol
from dulwich.refs import Ref
from dulwich.repo import MemoryRepo
from dulwich.server import DictBackend, ReceivePackHandler, UploadPackHandler

from sandbox.http.outage import Handler, hang_up

REPOSITORY: Final = "data-platform/hub-config.git"
FILE: Final = "config.yaml"
FAULTS: Final = ("", "absent", "broken", "read-only")
BRANCH: Final = Ref(b"refs/heads/main")
_USER: Final = "x-access-token"
_SERVICES: Final[dict[str, type[UploadPackHandler | ReceivePackHandler]]] = {
    "git-upload-pack": UploadPackHandler,
    "git-receive-pack": ReceivePackHandler,
}
_LARGEST: Final = 8 << 20
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
    """The values as their administrators keep them in a file, `without` what is secret."""
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
    """The server. `token` is what callers must show as a password; `began` is when the first commit was made."""

    text: str
    began: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    fault: str = ""
    repo: MemoryRepo = field(default_factory=MemoryRepo, init=False)

    def __post_init__(self) -> None:
        self._turn = asyncio.Lock()
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

    def commit(self, text: str, message: str, who: bytes, when: int) -> None:
        """What somebody else pushes meanwhile."""
        blob, tree, made = Blob.from_string(text.encode()), Tree(), Commit()
        tree.add(FILE.encode(), 0o100644, blob.id)
        made.tree, made.parents = tree.id, [self.repo.refs[BRANCH]] if BRANCH in self.repo.refs else []
        made.author = made.committer = who
        made.author_time = made.commit_time = when
        made.author_timezone = made.commit_timezone = 0
        made.message = message.encode()
        for one in (blob, tree, made):
            self.repo.object_store.add_object(one)
        self.repo.refs[BRANCH] = made.id

    def app(self) -> web.Application:
        """An application to be served on loopback."""
        app = web.Application(middlewares=[self._guard], client_max_size=_LARGEST)
        app.add_routes([web.get(f"/{REPOSITORY}/info/refs", self._list)])
        app.add_routes([web.post(f"/{REPOSITORY}/{{service}}", self._serve)])
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        match self.fault:
            case "absent":
                return hang_up(request)
            case "broken":
                return web.Response(status=500, text="Internal Server Error")
        expected = base64.b64encode(f"{_USER}:{self.token}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {expected}":
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        return await handler(request)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        service = request.query.get("service", "")
        if service not in _SERVICES or self._closed(service):
            return web.Response(status=403, text="Forbidden")
        first = f"# service={service}\n"
        body = f"{len(first) + 4:04x}{first}0000".encode() + await self._answer(service, b"", advertise_refs=True)
        return _sent(body, f"application/x-{service}-advertisement")

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        service = request.match_info["service"]
        if service not in _SERVICES or self._closed(service):
            return web.Response(status=403, text="Forbidden")
        body = await self._answer(service, await request.read(), stateless_rpc=True)
        return _sent(body, f"application/x-{service}-result")

    def _closed(self, service: str) -> bool:
        return self.fault == "read-only" and service == "git-receive-pack"

    async def _answer(self, service: str, given: bytes, **how: bool) -> bytes:
        async with self._turn:
            return await asyncio.to_thread(self._said, _SERVICES[service], given, how)

    def _said(self, handler: Callable[..., Any], given: bytes, how: Mapping[str, bool]) -> bytes:
        said = io.BytesIO()
        # Its types know repositories on disk only; this one does as well.
        backend = DictBackend({b"/": cast("Any", self.repo)})
        handler(
            backend, [b"/"], ReceivableProtocol(io.BytesIO(given).read, said.write), **{"stateless_rpc": True, **how}
        ).handle()
        return said.getvalue()


def _sent(body: bytes, kind: str) -> web.Response:
    return web.Response(body=body, content_type=kind, headers={"Cache-Control": "no-cache"})
