"""The errors of the container registry's REST API."""

from collections.abc import Mapping


class RegistryError(Exception):
    """A refusal in the registry's form: HTTP status, code and message. `headers` go with it."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})


class LockedError(Exception):
    """A locked tag that was to be written."""


class Denied(Exception):  # noqa: N818 - named after the answer
    """A request without a sufficient token. `challenge` says how to get one."""

    def __init__(self, challenge: str, detail: object) -> None:
        super().__init__("authentication required, visit https://aka.ms/acr/authorization for more information.")
        self.challenge = challenge
        self.detail = detail
