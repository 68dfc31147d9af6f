"""The errors of Azure Resource Manager's REST API."""


class ArmError(Exception):
    """A refusal in Azure's form: HTTP status, code and message. `headers` go with it."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}
