"""The token endpoints of a registry of Azure's, and the check of a request's token with the challenge of a refusal."""

from aiohttp import web

from sandbox.registry.errors import Denied
from sandbox.registry.tokens import RegistryTokens


class TokensRoutes:
    """The routes at which tokens are issued."""

    def __init__(self, tokens: RegistryTokens) -> None:
        self._tokens = tokens

    def routes(self) -> list[web.RouteDef]:
        """Return the routes for `ImagesRoutes.app`."""
        return [web.post("/oauth2/exchange", self._exchange), web.post("/oauth2/token", self._token)]

    def check(self, request: web.Request, repository: str, action: str) -> None:
        """Raise Denied unless the request has an unexpired access token for this action."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._tokens.allows(token, repository, action):
            return
        detail = [{"Type": "repository", "Name": repository, "Action": action}] if repository else None
        raise Denied(self._challenge(request, repository, action, wrong=bool(token)), detail)

    def _challenge(self, request: web.Request, repository: str, action: str, *, wrong: bool) -> str:
        realm = request.url.origin().with_path("/oauth2/token")
        scope = f',scope="repository:{repository}:{action}"' if repository else ""
        error = ',error="invalid_token"' if wrong else ""
        return f'Bearer realm="{realm}",service="{self._tokens.service}"{scope}{error}'

    async def _exchange(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if (form.get("grant_type"), form.get("service")) != ("access_token", self._tokens.service):
            return _refused(400, "INVALID_REQUEST", "grant_type or service is wrong")
        if form.get("access_token") != self._tokens.entra:
            return _refused(401, "UNAUTHORIZED", "AAD access token is not valid")
        return web.json_response({"refresh_token": self._tokens.refresh_token()})

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if (form.get("grant_type"), form.get("service")) != ("refresh_token", self._tokens.service):
            return _refused(400, "INVALID_REQUEST", "grant_type or service is wrong")
        if not self._tokens.is_refresh_token(form.get("refresh_token")):
            return _refused(401, "UNAUTHORIZED", "refresh token is not valid")
        return web.json_response({"access_token": self._tokens.access_token(str(form.get("scope") or ""))})


def _refused(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"errors": [{"code": code, "message": message}]}, status=status)
