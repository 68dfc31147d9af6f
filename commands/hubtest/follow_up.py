"""The test that follows a change of what servers start with, where the setting `test.after` asks for it.

The change is done whatever the test finds: its card says so, and beside that how the test went.
"""

from dataclasses import replace

from cards.views import Failure, Notice, Tone
from clients.errors import Conflict, NotFound, Rejected, Unavailable
from commands.framework.command import AnyChange, Steps
from commands.framework.errors import UserError
from commands.hubtest.outcome import HubTestOutcome, buttons
from commands.hubtest.steps import run_test
from commands.hubtest.subject import planned
from commands.ports.context import Reads


def is_followed(change: AnyChange, reads: Reads) -> bool:
    """Return True if a test follows this change, once it is done."""
    return change.testable and reads.tests is not None and change.name in reads.tests.rules.after


async def with_test(change: AnyChange, view: Notice | Failure, do: Steps) -> Notice | Failure:
    """Return the card of a change with how the hub's test went; as it is where none follows, or nothing was done."""
    if isinstance(view, Failure) or not is_followed(change, do.reads):
        return view
    try:
        outcome = await run_test(await planned(do.reads), do)
    except (UserError, Unavailable, NotFound, Rejected, Conflict) as error:
        return untested(view, str(error))
    return _beside(view, outcome)


def untested(view: Notice, why: str) -> Notice:
    """Return the card of a change that no test could follow, with the reason, a sentence."""
    return replace(view, text=_joined(view.text, f"The hub was not tested: {why}"), tone=Tone.WARNING)


def _beside(view: Notice, outcome: HubTestOutcome) -> Notice:
    is_well = outcome.passed and not outcome.left
    return replace(
        view,
        text=_joined(view.text, outcome.words, outcome.left),
        tone=view.tone if is_well else Tone.WARNING,
        sections=view.sections if is_well else (*view.sections, outcome.facts),
        buttons=(*view.buttons, *buttons(outcome)),
    )


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))
