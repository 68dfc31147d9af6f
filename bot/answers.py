"""The views of everything that is not a command's own answer: refusals, wrong words, outages, bugs."""

from collections.abc import Sequence

from bot.access import Unchecked
from bot.outcomes import Outcome
from bot.store.changes import Change
from cards.views import Cell, Column, Failure, Help, HelpEntry, Lines, Notice, Refresh, Table, Tone
from clients.errors import NotFound, Rejected, Unavailable
from commands.errors import UserError
from commands.snapshots import Removal
from commands.spec import Level


def working(refresh: Refresh | None = None, schedule: str = "") -> Notice:
    """It takes a moment; for a schedule, whose run it is."""
    text = "Reading the systems. This card changes when the answer is there."
    title = f"Schedule {schedule} runs now …" if schedule else "Working on it …"
    return Notice(title, text, Tone.WORKING, refresh=refresh)


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
    if isinstance(error, Unchecked):
        return Failure(
            "Permission could not be checked", f"{error}. Nothing was done.", advice=("Try again in a minute.",)
        )
    return Failure(
        f"{error.system[:1].upper()}{error.system[1:]} is not available",
        f"{error}. Nothing was changed.",
        advice=("Try again in a minute.", "/jhub status shows what still answers."),
    )


def missing(error: NotFound) -> Notice:
    """What was asked for does not exist."""
    return Notice("Not found", str(error), tone=Tone.WARNING)


def rejected(error: Rejected) -> Failure:
    """An outside system understood, and refused."""
    return Failure(f"{error.system} refused", str(error), advice=("/jhub status shows what is true now.",))


def bug(reference: str) -> Failure:
    """Something of ours broke; the log knows what."""
    return Failure(
        "Something went wrong in the bot",
        "This is a mistake in the bot, not in what you typed. It has been written to the log.",
        advice=("Give the reference to whoever runs the bot.",),
        reference=reference,
    )


def snapshots_removed(removed: Sequence[Removal]) -> Notice:
    """What the daily job did about expired snapshots."""
    kept = [one for one in removed if one.problem]
    gone = len(removed) - len(kept)
    columns = (Column("Home of", 3), Column("Taken", 2), Column("Result", 4))
    rows = tuple(
        (
            Cell(one.user or one.name),
            Cell(f"{one.created:%Y-%m-%d}" if one.created else "?"),
            Cell(one.problem or "removed", Tone.WARNING if one.problem else Tone.GOOD),
        )
        for one in removed
    )
    text = "Snapshots of deleted homes are removed when their time is over."
    tone = Tone.WARNING if kept else Tone.NOTE
    title = f"{gone} expired {'snapshot' if gone == 1 else 'snapshots'} removed"
    return Notice(title, text, tone, (Table(columns, rows, rest="/jhub storage snapshots"),))


def no_words(examples: Sequence[HelpEntry]) -> Help:
    """A mention without a command."""
    return Help("What can I do?", "Type one of these, or /jhub help for all.", allowed=tuple(examples))


def needs(what: str, level: Level) -> str:
    """A sentence for somebody whose level is too low for what a button does."""
    return f"{what} is for {level.title}s and above."


def unchecked(error: Unavailable) -> str:
    """Nobody can tell whether this person may."""
    return f"{error}. Nothing was done. Try again in a minute."


def reminder(title: str, requester: str, holders: Sequence[str]) -> Notice:
    """Half of the time to approve is over."""
    asked = f"{requester} asked for it. " if requester else ""
    return Notice(
        f"Still waiting for approval: {title}",
        f"{asked}Approvers are in {_one_of(holders)}; half of the time is over. The card to decide on is above.",
        Tone.WARNING,
    )


def voided(title: str) -> Notice:
    """The world changed between the yes and the deed."""
    return Notice(
        f"No longer true: {title}",
        "Something changed since the plan was shown. Nothing was done; the new plan is below.",
        Tone.WARNING,
    )


def approval_lost(title: str, name: str) -> Notice:
    """An approver has lost the level since."""
    return Notice(
        f"Not done: {title}",
        f"{name}, who approved, is no approver any more. Nothing was done. Type the command again.",
        Tone.WARNING,
    )


def closed(change: Change) -> Notice:
    """It was decided against, or not decided in time."""
    against = [vote for vote in change.votes if not vote.verdict.is_for]
    name = against[-1].person.name if against else change.stopped_by or change.requester.name
    match change.outcome:
        case Outcome.REJECTED.value:
            return Notice(f"Rejected: {change.title}", f"{name} rejected it. Nothing was done.", Tone.WARNING)
        case Outcome.EXPIRED.value:
            text = "Nobody answered in time. Nothing was done."
            return Notice(f"Expired: {change.title}", text, Tone.WARNING)
    return Notice(f"Cancelled: {change.title}", f"{name} decided against it. Nothing was done.")


def _one_of(names: Sequence[str]) -> str:
    shown = list(dict.fromkeys(names))[:3]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
