"""A proxy in front of an outside system that plants secrets in its answers: in logs, and in errors."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

_NOT_PASSED_ON = ("host", "connection", "transfer-encoding", "content-length", "content-encoding", "accept-encoding")
_BIG = 64 * 1024 * 1024


@dataclass
class Poisoned:
    """A proxy to `target`. While `status` is set, each answer is that error, with a secret in it."""

    name: str
    canary: Callable[[str], str]
    target: str = ""
    url: str = ""
    status: int = 0
    _errors: dict[int, str] = field(default_factory=dict)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.status:
            return self._error()
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_PASSED_ON}
        async with (
            aiohttp.ClientSession(trust_env=False, auto_decompress=False) as session,
            session.request(
                request.method,
                self.target + request.path_qs,
                headers=headers,
                data=await request.read(),
                timeout=aiohttp.ClientTimeout(total=None),
                allow_redirects=False,
            ) as answer,
        ):
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _NOT_PASSED_ON}
            response = web.StreamResponse(status=answer.status, headers=kept)
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            if request.path.endswith("/log") and answer.status == 200:
                await response.write(self._log().encode())
            await response.write_eof()
            return response

    def _error(self) -> web.Response:
        """Return an error in the shapes of Kubernetes, ARM, Graph, a registry and JupyterHub at once.

        Each client reads its own.
        """
        secret = self._errors.setdefault(self.status, self.canary(f"an error {self.status} of {self.name}"))
        said = f"refused for {self.name}: password={secret} and Authorization: Bearer {secret}"
        inner = {"code": f"Odd password={secret}", "message": said, "innerError": {"message": said}}
        body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": said, "reason": said}
        body |= {"code": self.status, "error": inner, "errors": [inner], "error_description": said}
        headers = {"WWW-Authenticate": f'Bearer error="invalid_token", error_description="token={secret}"'}
        return web.json_response(body, status=self.status, headers=headers)

    def _log(self) -> str:
        secret = self.canary(f"a log line of {self.name}")
        now = "2026-11-23T09:00:00.000000Z"
        return "".join(
            f"{now} {line}\n"
            for line in (
                f"connecting with password={secret}",
                f'{{"client_secret": "{secret}"}}',
                f"GET /hub/oauth_callback?code={secret}&state={secret}",
                f"Authorization: token {secret}",
                f"postgresql://hub:{secret}@db/hub",
            )
        )


@contextlib.asynccontextmanager
async def poisoned(name: str, canary: Callable[[str], str]) -> AsyncIterator[Poisoned]:
    """Listen on a free loopback port while the block lasts; `target` is set later."""
    made = Poisoned(name, canary)
    app = web.Application(client_max_size=_BIG)
    app.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()
