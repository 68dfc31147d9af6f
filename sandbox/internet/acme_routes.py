"""Issuance over HTTP: port 80 of the hub's host, Let's Encrypt's directory, and the control of what fails."""

from typing import Final

from aiohttp import web

from sandbox.http.outage import hang_up
from sandbox.internet.acme import GONE, Issuance, is_ready
from sandbox.internet.certificate_causes import CAUSES

_CONTROL: Final = "/_sandbox/cert"


class AcmeRoutes:
    """The routes of the hub's issuance."""

    def __init__(self, issuance: Issuance) -> None:
        self._issuance = issuance

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the control, for `ArmRoutes.app`."""
        return [web.get(_CONTROL, self._show), web.put(_CONTROL, self._set)]

    async def _show(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(
            {
                "cause": self._issuance.cause,
                "once": self._issuance.once,
                "serving": self._issuance.certificates.serving.value,
            }
        )

    async def _set(self, request: web.Request) -> web.StreamResponse:
        """Take {"cause": one of CAUSES, "once": bool}: "" heals at once, "gone" at the next start of autohttps."""
        given = await request.json()
        cause, once = given.get("cause"), bool(given.get("once"))
        if cause == "":
            self._issuance.heal()
        elif cause == GONE:
            self._issuance.mend()
        elif cause in CAUSES:
            self._issuance.begin(cause, once=once)
        else:
            raise web.HTTPBadRequest(text=f"cause is one of {', '.join(CAUSES)}, {GONE} or empty")
        return await self._show(request)

    def port80(self) -> web.Application:
        """Return the application on port 80: autohttps, which redirects everybody to https and answers challenges."""
        app = web.Application()
        app.router.add_get("/{path:.*}", self._plain)
        return app

    async def _plain(self, request: web.Request) -> web.StreamResponse:
        if self._issuance.cause == "port80" or not any(is_ready(pod) for pod in self._issuance.pods()):
            return hang_up(request)
        if request.path.startswith("/.well-known/acme-challenge/"):
            raise web.HTTPNotFound
        raise web.HTTPMovedPermanently(f"https://{self._issuance.host}{request.path_qs}")

    def authority(self) -> web.Application:
        """Return the application of Let's Encrypt, with its directory (RFC 8555, 7.1.1)."""
        app = web.Application()
        app.router.add_get("/directory", self._directory)
        return app

    async def _directory(self, request: web.Request) -> web.StreamResponse:
        if self._issuance.cause == "acme":
            raise web.HTTPServiceUnavailable(text="The service is down for maintenance or had an internal error.")
        base = f"{request.scheme}://{request.host}/acme"
        names = {
            "newNonce": "new-nonce",
            "newAccount": "new-acct",
            "newOrder": "new-order",
            "revokeCert": "revoke-cert",
        }
        meta = {"caaIdentities": ["letsencrypt.org"], "website": "https://letsencrypt.org"}
        return web.json_response({**{key: f"{base}/{page}" for key, page in names.items()}, "meta": meta})
