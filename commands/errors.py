"""The errors that are answers: each is shown to the person who asked, as it is."""


class UserError(Exception):
    """What was typed cannot be done. `hints` say what to type instead, one complete line each."""

    def __init__(self, message: str, *hints: str) -> None:
        super().__init__(message)
        self.hints = hints


class Refused(Exception):  # noqa: N818 - named after the answer
    """This person may not. The message says who may."""
