"""The list of a git repository's refs, by the smart HTTP protocol, version 0: reading it is all there is.

Format: git's `gitprotocol-http` and `gitprotocol-pack` (2.47).
"""

import base64
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from sandbox.git.refs import NOTEBOOKS, REPOSITORY, GitRefs
from sandbox.http.outage import Handler, hang_up

_CAPABILITIES: Final = "multi_ack side-band-64k ofs-delta symref=HEAD:refs/heads/main object-format=sha1 agent=git/2.47"
_USER: Final = "x-access-token"


class GitRefsRoutes:
    """The routes of both repositories."""

    def __init__(self, refs: GitRefs) -> None:
        self._refs = refs

    def app(self) -> web.Application:
        """Return an application to be served on loopback."""
        app = web.Application(middlewares=[self._guard])
        app.add_routes([web.get(f"/{name}/info/refs", self._list) for name in (REPOSITORY, NOTEBOOKS)])
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        match self._refs.fault:
            case "absent":
                return hang_up(request)
            case "broken":
                return web.Response(status=500, text="Internal Server Error")
        expected = base64.b64encode(f"{_USER}:{self._refs.token}".encode()).decode()
        if not _is_public(request) and request.headers.get("Authorization") != f"Basic {expected}":
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        return await handler(request)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("service") != "git-upload-pack":
            return web.Response(status=403, text="Please upgrade your git client.")
        body = (
            _packet("# service=git-upload-pack\n")
            + "0000"
            + _advertised(self._refs.notebooks if _is_public(request) else self._refs.refs)
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
