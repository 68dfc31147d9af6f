"""The one error that a request to the bot ends with when it is not served."""


class RequestRejected(Exception):  # noqa: N818 - named after the answer
    """The request is refused with the HTTP `status`; the message is short and may be told to anyone."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
