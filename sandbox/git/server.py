"""A git server of two repositories, one private: the list of their refs, by the smart HTTP protocol, version 0.

Reading it is all there is; what a commit holds, the builds make up. Format: git's `gitprotocol-http` and
`gitprotocol-pack` (2.47).
"""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Final

from aiohttp import web

from sandbox.http.outage import Handler, hang_up

REPOSITORY: Final = "data-platform/notebook-image.git"
# Sample notebooks: public, and asked for without a password.
NOTEBOOKS: Final = "data-platform/sample-notebooks.git"
FAULTS: Final = ("", "absent", "broken")
_CAPABILITIES: Final = "multi_ack side-band-64k ofs-delta symref=HEAD:refs/heads/main object-format=sha1 agent=git/2.47"
_USER: Final = "x-access-token"


def commit(start: str) -> str:
    """A commit whose hash begins so: the same in every sandbox."""
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
class Git:
    """The server. `token` is what callers must show as a password; `refs` may be changed as by a push.

    `notebooks` are the refs of the public repository.
    """

    refs: dict[str, str] = field(default_factory=lambda: dict(REFS))
    notebooks: dict[str, str] = field(default_factory=lambda: dict(NOTEBOOK_REFS))
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    fault: str = ""

    def has(self, ref: str) -> str:
        """The commit that a branch, a tag or a whole hash names; empty where there is none."""
        if ref in self.refs.values():
            return ref
        names = (f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}", f"refs/heads/{ref}")
        return next((self.refs[name] for name in names if name in self.refs), "")

    def app(self) -> web.Application:
        """An application to be served on loopback."""
        app = web.Application(middlewares=[self._guard])
        app.add_routes([web.get(f"/{name}/info/refs", self._list) for name in (REPOSITORY, NOTEBOOKS)])
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        match self.fault:
            case "absent":
                return hang_up(request)
            case "broken":
                return web.Response(status=500, text="Internal Server Error")
        expected = base64.b64encode(f"{_USER}:{self.token}".encode()).decode()
        if not _is_public(request) and request.headers.get("Authorization") != f"Basic {expected}":
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        return await handler(request)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("service") != "git-upload-pack":
            return web.Response(status=403, text="Please upgrade your git client.")
        body = (
            _packet("# service=git-upload-pack\n")
            + "0000"
            + _advertised(self.notebooks if _is_public(request) else self.refs)
            + "0000"
        )
        return web.Response(
            body=body.encode(),
            content_type="application/x-git-upload-pack-advertisement",
            headers={"Cache-Control": "no-cache"},
        )


def _is_public(request: web.Request) -> bool:
    return request.path.startswith(f"/{NOTEBOOKS}/")


def _advertised(refs: Mapping[str, str]) -> str:
    listed = [("HEAD", refs["refs/heads/main"]), *sorted(refs.items())]
    (name, head), rest = listed[0], listed[1:]
    return _packet(f"{head} {name}\0{_CAPABILITIES}\n") + "".join(_packet(f"{sha} {name}\n") for name, sha in rest)


def _packet(text: str) -> str:
    return f"{len(text.encode()) + 4:04x}{text}"
