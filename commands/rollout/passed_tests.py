"""The rule that a tag has to pass a test on another hub before it is deployed here: the setting `test.passed_on`."""

from commands.framework.errors import UserError
from commands.ports.context import Reads


async def untested_tag(tag: str, reads: Reads) -> str:
    """Return why that tag may not be deployed here yet, a sentence; empty if it may. Raise Unavailable."""
    other = reads.tests.rules.required_on if reads.tests else ""
    if not other or reads.tests is None or await reads.tests.passed_elsewhere(tag):
        return ""
    return (
        f"Tag {tag} has not passed a test on the hub {other} yet, or failed the last one, and this bot deploys here "
        "what has passed there (test.passed_on)."
    )


async def check_passed(tag: str, reads: Reads) -> None:
    """Raise UserError, with what to type instead, for a tag that has not passed where it has to."""
    if why := await untested_tag(tag, reads):
        other = reads.tests.rules.required_on if reads.tests else ""
        raise UserError(why, f"/jhub --hub {other} deploy {tag}", f"/jhub --hub {other} test")
