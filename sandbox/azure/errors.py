"""The errors of Azure Resource Manager's REST API."""


class ArmError(Exception):
    """A refusal in Azure's form: HTTP status, code and message. `headers` go with it.

    `subcode` is how Azure Kubernetes Service names the cause beside a general code.
    """

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None, *, subcode: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.subcode = subcode
        self.headers = headers or {}
