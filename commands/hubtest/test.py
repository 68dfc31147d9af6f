"""`/jhub test`: a synthetic user starts a server, runs a notebook in it, and is removed with everything of theirs."""

from dataclasses import dataclass
from typing import Annotated

from cards.views import Fact, Facts, Failure, Notice, Plan
from clients.errors import Unavailable
from commands.framework.command import Change, Consent, Flag, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.partial_results import attempt
from commands.hubtest.arguments import ProfileSlug
from commands.hubtest.outcome import card
from commands.hubtest.starting import LIMIT
from commands.hubtest.steps import run_test
from commands.hubtest.subject import USER, HubTest, account, planned, recorded, taken
from commands.images.arguments import ImageTag
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args:
    """What the server starts with; what the hub gives by itself if not given."""

    image: Annotated[ImageTag | None, Flag("another image tag than the live one", "7c1d2e9")] = None
    profile: Annotated[ProfileSlug | None, Flag("the slug of the profile to choose", "large-memory")] = None


async def plan(args: Args, reads: Reads) -> HubTest:
    """Plan the test. Raise UserError where it cannot be made, or if somebody really has the user's name.

    A hub that does not answer is a finding of the test, not a reason not to begin it.
    """
    if not await recorded(reads).left() and await _is_taken(reads):
        raise taken()
    return await planned(reads, str(args.image or ""), str(args.profile or ""))


async def _is_taken(reads: Reads) -> bool:
    known = await attempt("The hub", account(reads))
    return known is not None and not isinstance(known, Unavailable)


def preview(plan: HubTest) -> Plan:
    """Return what is going to be done."""
    return Plan(
        f"Test the hub with {plan.what}",
        "",
        (),
        (
            f"A server starts for {USER}, whom nobody can be, runs a notebook, and is removed with its home.",
            f"It takes as long as a user's first start, at most {LIMIT:.0f} s, and may bring a node with it.",
        ),
        (),
        "Test it now?",
        (Facts((Fact("Image tag", plan.tag), Fact("Profile", plan.profile or "the hub's own choice"))),),
    )


async def apply(plan: HubTest, do: Steps) -> Notice | Failure:
    """Run the test, and show each stage with its time and the cause where it broke."""
    return card(plan, await run_test(plan, do))


COMMAND = Change(
    "test",
    "Test whether the hub works for a user.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Test the hub",
    consent=Consent.NONE,
    in_freeze=True,
    details="A synthetic user, whom nobody can be, starts a server, lists its kernels, runs cells, writes and reads a "
    "file in the home, and imports packages; then all of it is removed, whatever failed. Nobody else is affected. "
    "--image starts it with another tag, which the hub's values have to allow (docs/hub-test.md).",
    topic=Topic.STATUS,
    rank=20,
)
