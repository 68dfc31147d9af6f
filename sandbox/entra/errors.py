"""Error responses of Microsoft Graph."""

from aiohttp import web


def refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    """Return an error response in Graph's form."""
    return web.json_response({"error": {"code": code, "message": message}}, status=status, headers=headers)


def unknown(name: str) -> web.Response:
    """Return the response for an object that does not exist."""
    message = f"Resource '{name}' does not exist or one of its queried reference-property objects are not present."
    return refusal(404, "Request_ResourceNotFound", message)


def denied() -> web.Response:
    """Return the response for a caller that may not do what was requested."""
    return refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
