"""The bodies of requests."""

from aiohttp import web


async def field_of(request: web.Request, name: str) -> object:
    """Return a field of the JSON body, None if it has no such field or is not a JSON object."""
    try:
        body = await request.json()
    except ValueError:
        return None
    return body.get(name) if isinstance(body, dict) else None
