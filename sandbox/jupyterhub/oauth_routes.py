"""The login's redirect to Entra and the callback, as oauthenticator 17 answers them."""

import secrets
from urllib.parse import urlencode

from aiohttp import web

from sandbox.entra.applications import CLIENT_ID
from sandbox.entra.people import TENANT
from sandbox.jupyterhub.oauth import SignIn


class OAuthRoutes:
    """The two routes of the login."""

    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in

    def routes(self) -> list[web.RouteDef]:
        """Return the routes for the hub's application."""
        return [web.get("/hub/oauth_login", self._login), web.get("/hub/oauth_callback", self._callback)]

    async def _login(self, _: web.Request) -> web.StreamResponse:
        config = self._sign_in.config()
        query = urlencode(
            {
                "response_type": "code",
                "redirect_uri": config.get("oauth_callback_url") or f"https://{self._sign_in.host}/hub/oauth_callback",
                "client_id": config.get("client_id") or CLIENT_ID,
                "state": secrets.token_urlsafe(16),
            }
        )
        tenant = config.get("tenant_id") or TENANT
        raise web.HTTPFound(f"https://login.microsoftonline.com/{tenant}/oauth2/authorize?{query}")

    async def _callback(self, request: web.Request) -> web.StreamResponse:
        """Answer people whom Entra sends back. Nobody has a code of the sandbox's: at best a login is refused."""
        if error := request.query.get("error"):
            # What it says is not checked, and stands in the log as it came.
            message = request.query.get("error_description", error)
            self._sign_in.log.turned_back(request.url.raw_query_string, message)
            raise web.HTTPBadRequest(reason="OAuth error")
        if not request.query.get("code"):
            raise web.HTTPBadRequest(reason="OAuth callback made without a code")
        config = self._sign_in.config()
        if not self._sign_in.accepts(str(config.get("client_id") or ""), str(config.get("client_secret") or "")):
            # The exchange of the code fails, which oauthenticator does not catch.
            self._sign_in.log.refused(config.get("tenant_id") or TENANT, 7000215, "Invalid client secret provided.")
            raise web.HTTPInternalServerError
        raise web.HTTPForbidden(reason="Sorry, you are not currently authorized to use this hub.")
