"""Offer everybody whose server runs an outdated image a restart: a personal message with a button each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cards.views import ButtonStyle, Fact, Facts, Lines, Notice, Plan, Tone, typing
from clients.errors import NotFound, Unavailable
from commands.framework.command import Change, Level, NoArgs, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from commands.ports.context import Reads
from commands.servers.outdated import Outdated, live_image, outdated


@dataclass(frozen=True)
class Args(NoArgs):
    """Nothing."""


@dataclass(frozen=True)
class RefreshAllPlan:
    """The plan: bound to the image. Who runs an outdated one changes by the minute, and is looked at again."""

    image: str
    tag: str
    digest: str
    servers: tuple[Outdated, ...] = field(metadata=incidental())

    @property
    def people(self) -> tuple[str, ...]:
        """Who is asked, each once, however many servers they run."""
        return tuple(dict.fromkeys(one.user for one in self.servers))


async def plan(args: Args, reads: Reads) -> RefreshAllPlan:
    """Who would be asked. Raises UserError where every server has the live image."""
    del args
    live = await live_image(reads)
    found = await outdated(live, reads)
    if not found:
        raise UserError(f"Every running server has {live.tag}: there is nobody to ask.", "/jhub images")
    return RefreshAllPlan(live.name, live.tag, live.digest, tuple(found))


def preview(plan: RefreshAllPlan) -> Plan:
    """What the requester sees."""
    return Plan(
        f"Offer {_people(len(plan.people))} a restart",
        "",
        (),
        (
            "Each gets a personal message with one button, which stops their own server and nobody else's.",
            "Nobody is interrupted: those who do not press it keep their server as it is.",
            f"A server that restarts uses {plan.tag}.",
        ),
        (),
        "Send the messages now?",
        (Lines(tuple(_line(one) for one in plan.servers), "Servers with an older image"),),
    )


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _line(one: Outdated) -> str:
    return f"{one.user}{f', {one.server}' if one.server else ''}: {one.tag}"


async def apply(plan: RefreshAllPlan, do: Steps) -> Notice:
    """Write to each in a step of its own: after a crash nobody is asked again who is on record as asked."""
    missed: dict[str, str] = {}
    for person in plan.people:
        its = [one for one in plan.servers if one.user == person]
        if problem := await do.step(f"Ask {person}", _ask, person, its, plan, do):
            missed[person] = problem
    return _told(plan, missed)


async def _ask(person: str, its: Sequence[Outdated], plan: RefreshAllPlan, do: Steps) -> str:
    """Empty once the message is on its way, else why this person could not be reached."""
    if do.writes.messages is None:
        return "the bot cannot send personal messages here"
    try:
        object_id = await do.reads.access.object_id(person)
        await do.writes.messages.send(do.operation, object_id, message(person, its, plan.tag))
    except (NotFound, Unavailable) as error:
        return str(error)
    return ""


def message(person: str, its: Sequence[Outdated], tag: str) -> Notice:
    """What one person gets."""
    older = ", ".join(dict.fromkeys(one.tag for one in its))
    return Notice(
        f"A newer image is available for your server: {tag}",
        "Your server keeps running as it is. If it suits you, save your notebooks and restart it now; otherwise "
        "it gets the new "
        "image when you next start it.",
        Tone.NOTE,
        (Facts((Fact("Your user", person), Fact("Runs", older), Fact("New", tag))),),
        (typing("Restart my server", f"/jhub server refresh {tag}", ButtonStyle.POSITIVE),),
    )


def _told(plan: RefreshAllPlan, missed: Mapping[str, str]) -> Notice:
    asked = len(plan.people) - len(missed)
    text = f"{_people(asked).capitalize()} asked" + (f", {len(missed)} could not be reached." if missed else ".")
    return Notice(
        f"Restarts for {plan.tag} are offered" if asked else "Nobody could be reached",
        f"{text} Nobody’s server was stopped; those who do not press the button get {plan.tag} at their next start.",
        Tone.WARNING if missed else Tone.GOOD,
        (_missed(missed),) if missed else (),
    )


def _missed(missed: Mapping[str, str]) -> Lines:
    return Lines(tuple(f"{person}: {why}" for person, why in missed.items()), "Could not be reached")


COMMAND = Change(
    "servers refresh",
    "Offer users whose image is outdated a restart, in a personal message.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Send the messages",
    exclusive=False,
    details="Compares the image of each running server with the live one. Nobody's server is stopped: the button in "
    "the message does that, for the person who got it. Images that users chose themselves are left alone.",
    topic=Topic.STATUS,
    rank=10,
)
