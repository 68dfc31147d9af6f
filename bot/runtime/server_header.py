"""The Server header, left out: aiohttp would tell its version and Python's to whoever asks."""

from aiohttp import web, web_response


def left_out(app: web.Application) -> web.Application:
    """Have none of the application's answers name what serves it, and return it."""
    app.on_response_prepare.append(_silent)
    # What is no HTTP never gets to an application; aiohttp answers that by itself, with this.
    web_response.SERVER_SOFTWARE = ""  # type: ignore[attr-defined] # aiohttp has no setting for it
    return app


async def _silent(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.popall("Server", None)
