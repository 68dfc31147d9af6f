"""The views of everything that is not a command's own answer: refusals, wrong words, outages, bugs."""

from collections.abc import Sequence
from dataclasses import replace

from cards.views import Button, ButtonStyle, Failure, Help, HelpEntry, Lines, Notice, Plan, Tone
from clients.errors import NotFound, Unavailable
from commands.errors import UserError
from commands.spec import Level

WORKING_ON_IT = "Reading the systems. This card changes when the answer is there."


def invalid(error: UserError) -> Notice:
    """What was typed cannot be done, and what to type instead."""
    sections = (Lines(tuple(error.hints), title="Try"),) if error.hints else ()
    return Notice(str(error), tone=Tone.WARNING, sections=sections)


def refused(command: str, needed: Level, held: Level, holders: Sequence[str]) -> Notice:
    """This person may not; who could."""
    ask = f"Ask {_one_of(holders)}." if holders else f"Nobody is configured as {needed.title} or above."
    text = f"“{command}” is for {needed.title}s and above. {held.held} {ask} Nothing was done."
    return Notice("Not allowed", text, tone=Tone.WARNING)


def unavailable(error: Unavailable) -> Failure:
    """An outside system did not answer."""
    return Failure(
        f"{error.system[:1].upper()}{error.system[1:]} is not available",
        f"{error}. Nothing was changed.",
        advice=("Try again in a minute.", "/jhub status shows what still answers."),
    )


def missing(error: NotFound) -> Notice:
    """What was asked for does not exist."""
    return Notice("Not found", str(error), tone=Tone.WARNING)


def bug(reference: str) -> Failure:
    """Something of ours broke; the log knows what."""
    return Failure(
        "Something went wrong in the bot",
        "This is a mistake in the bot, not in what you typed. It has been written to the log.",
        advice=("Give the reference to whoever runs the bot.",),
        reference=reference,
    )


def interrupted(title: str) -> Failure:
    """The bot itself was stopped while a change ran."""
    return Failure(
        f"Interrupted: {title}",
        "The bot was stopped while this ran or waited. What ran was asked to end cleanly.",
        advice=("/jhub status and /jhub history tell what is true now.",),
    )


def no_words(examples: Sequence[HelpEntry]) -> Help:
    """A mention without a command."""
    return Help("What can I do?", "Type one of these, or /jhub help for all.", allowed=tuple(examples))


def question(plan: Plan, consent: str, digest: str) -> Plan:
    """The plan with its two buttons."""
    data = (("id", consent), ("digest", digest))
    yes = Button("Confirm", "confirm", data, ButtonStyle.POSITIVE)
    no = Button("Cancel", "dismiss", data)
    return replace(plan, buttons=(yes, no))


def without_buttons(plan: Plan, warning: str) -> Plan:
    """The plan as those see it who have no say, with the reason on top."""
    return replace(plan, buttons=(), question="", warnings=(warning, *plan.warnings))


def _one_of(names: Sequence[str]) -> str:
    shown = list(dict.fromkeys(names))[:3]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
