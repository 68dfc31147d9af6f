"""The views of everything that is not a command's own answer: refusals, wrong words, outages, bugs."""

from collections.abc import Sequence
from typing import Final

from bot.access.access import AccessUnknown
from bot.changes.model import ChangeRequest
from bot.instrumentation.outcomes import Outcome
from cards.times import day, minute, timed
from cards.views import Button, Cell, Column, Failure, Lines, Notice, Refresh, Table, Tone, typing
from clients.errors import Forbidden, NotFound, Rejected, Unavailable
from commands.framework.command import Level
from commands.framework.errors import Suggestion, UserError
from commands.freezes.scope import GOES_ON, REFUSED
from commands.help.help import ABOUT, LEAF
from commands.ports.freezes import Freeze
from commands.storage.snapshots import SnapshotDeletion

_MOST_LISTED: Final = 7
_MOST_OF_OTHERS: Final = 3
# With the way to help, no more than Teams shows in a row.
_MOST_OFFERED: Final = 4


def working(refresh: Refresh | None = None, schedule: str = "") -> Notice:
    """Say that it takes a moment; `schedule` is the one whose run it is, if any."""
    text = "Checking the systems. This card will show the answer when it is ready."
    title = f"Running schedule {schedule} …" if schedule else "Working on it …"
    return Notice(title, text, Tone.WORKING, refresh=refresh)


def invalid(error: UserError, level: Level = Level.ANYONE) -> Notice:
    """Say why a line cannot be done, and what to type instead: on buttons, where somebody of `level` may run it."""
    meant, on = ([one for one in error.suggestions if bool(one.title) is way] for way in (False, True))
    mine, others = ([one for one in meant if (one.level <= level) is may] for may in (True, False))
    lines = [*map(_meant, mine[:_MOST_LISTED]), *error.hints]
    told = [*_section("Try", lines), *_of_others(others[: _MOST_OF_OTHERS if mine else _MOST_LISTED])]
    return Notice(
        str(error),
        tone=Tone.WARNING,
        sections=tuple(told or _section("Try", [one.line for one in on])),
        buttons=(*map(_run, [one for one in mine if one.complete][:_MOST_OFFERED]), *map(_turn, on)),
    )


def _section(title: str, lines: Sequence[str]) -> list[Lines]:
    return [Lines(tuple(lines), title=title)] if lines else []


def _of_others(meant: Sequence[Suggestion]) -> list[Lines]:
    """Return the suggestions that take more than this person's level, by that level."""
    levels = sorted({one.level for one in meant})
    return [
        part
        for level in levels
        for part in _section(Level(level).can_type, [_meant(one) for one in meant if one.level == level])
    ]


def _meant(one: Suggestion) -> str:
    return f"{one.line} – {one.summary}" if one.summary else one.line


def _run(one: Suggestion) -> Button:
    return typing(one.line, one.line)


def _turn(one: Suggestion) -> Button:
    """Return a button that shows help on the card itself: it is about what was typed, and answers nobody else."""
    return Button(one.title, LEAF, ((ABOUT, one.line.removeprefix("/jhub help").strip()),))


def refused(command: str, needed: Level, held: Level, way_in: str, *, reveal: bool = False) -> Notice:
    """Say that this person may not, and whom to ask. With `reveal`, only `--reveal` is what they may not."""
    command = f"{command} --reveal" if reveal else command
    text = f"“{command}” is for {needed.and_above}. {held.held} Nothing was done. {way_in}"
    return not_allowed(text)


def not_allowed(why: str) -> Notice:
    """Say that this person may not, and why."""
    return Notice("Not allowed", why, tone=Tone.WARNING)


def hidden(way_in: str) -> Notice:
    """Say to somebody who may look at nothing that they cannot see the card, and nothing of what it is about."""
    return Notice("You cannot see this", f"Only viewers and above see what this card is about. {way_in}", Tone.WARNING)


def not_in_public(line: str) -> Notice:
    """Say that what is hidden is revealed only where nobody else reads along."""
    return Notice(
        "Not where others read along",
        "The answer shows values that are hidden from others here. Type this in your personal chat with the bot.",
        Tone.WARNING,
        (Lines((line,)),),
    )


def unavailable(error: Unavailable) -> Failure:
    """Say that an outside system did not answer, or does not give the bot the right to it."""
    if isinstance(error, AccessUnknown):
        return Failure("Permission could not be checked", f"{error}. Nothing was done.", advice=(_again(error),))
    system = f"{error.system[:1].upper()}{error.system[1:]}"
    if isinstance(error, Forbidden):
        return Failure(
            f"{system} does not let the bot do that", f"{error}. Nothing was changed.", advice=(error.remedy,)
        )
    return Failure(
        f"{system} is not available",
        f"{error}. Nothing was changed.",
        advice=("Try again in a minute.", "/jhub status shows what still answers."),
    )


def _again(error: Unavailable) -> str:
    """Return what helps: no other try does where a right is missing."""
    remedy = error.remedy if isinstance(error, AccessUnknown | Forbidden) else ""
    return f"{remedy.removesuffix('.')}." if remedy else "Try again in a minute."


def missing(error: NotFound) -> Notice:
    """Say that what was asked for does not exist."""
    return Notice("Not found", str(error), tone=Tone.WARNING)


def rejected(error: Rejected) -> Failure:
    """Say that an outside system understood, and refused."""
    return Failure(f"{error.system} refused the request", str(error), advice=("/jhub status shows what is true now.",))


def bug(reference: str) -> Failure:
    """Say that something of the bot's own broke, with the reference that finds it in the log."""
    return Failure(
        "Something went wrong in the bot",
        "This is a bug, not a mistake in what you typed. The details are in the bot’s log.",
        advice=("Give the reference below to the people who run the bot.",),
        reference=reference,
    )


def snapshots_removed(removed: Sequence[SnapshotDeletion]) -> Notice:
    """Return what the daily job did about expired snapshots."""
    kept = [one for one in removed if one.problem]
    gone = len(removed) - len(kept)
    columns = (Column("Home of", 3), Column("Taken", 2), Column("Result", 4))
    rows = tuple(
        (
            Cell(one.user or one.name),
            Cell(day(one.created) if one.created else "?"),
            Cell(one.problem or "removed", Tone.WARNING if one.problem else Tone.GOOD),
        )
        for one in removed
    )
    text = "Snapshots of deleted homes are removed when their retention period ends."
    tone = Tone.WARNING if kept else Tone.NOTE
    title = f"{gone} expired {'snapshot' if gone == 1 else 'snapshots'} removed"
    return Notice(title, text, tone, (Table(columns, rows),))


def needs(what: str, level: Level) -> str:
    """Say who may do what a button does, to somebody whose level is too low for it; `what` is a verb's phrase."""
    return f"Only {level.and_above} can {what}."


def unchecked(error: Unavailable) -> str:
    """Say that nobody can tell whether this person may."""
    return f"{error}. Nothing was done. {_again(error)}"


def reminder(title: str, requester: str, holders: Sequence[str]) -> Notice:
    """Remind approvers that half of the time to approve has passed."""
    asked = f"{requester} asked for it. " if requester else ""
    return Notice(
        f"Still waiting for approval: {title}",
        f"{asked}Half of the time to approve has passed. Approvers are in {_one_of(holders)}. See the card above.",
        Tone.WARNING,
    )


def voided(title: str) -> Notice:
    """Say that something changed between the approval and the change."""
    return Notice(
        f"Plan out of date: {title}",
        "Something has changed since the plan was shown. Nothing was done. The new plan is below.",
        Tone.WARNING,
    )


def approval_lost(title: str, name: str) -> Notice:
    """Say that an approver has lost the level since; without a name, that too few have approved it."""
    why = f"{name}, who approved it, may no longer approve it." if name else "Too few people have approved it."
    return Notice(f"Not done: {title}", f"{why} Nothing was done. Type the command again.", Tone.WARNING)


def frozen(title: str, freeze: Freeze, *, emergency: bool) -> Notice:
    """Say that changes are frozen: why, by whom and until when; `emergency` if an admin could go on nevertheless."""
    until = minute(freeze.until)
    alone = "An admin can lift it: /jhub unfreeze."
    if emergency:
        alone = 'An admin can lift it (/jhub unfreeze), or add --emergency "why" to this command.'
    return Notice(
        f"Changes are frozen: {title}",
        timed(f"“{freeze.reason}”, by {freeze.by}, until ", until, ". Nothing was done."),
        Tone.WARNING,
        (Lines((alone, GOES_ON, REFUSED)),),
    )


def unreachable(title: str) -> Notice:
    """Say that it was asked where nobody else is, and Teams lets the bot write to nobody who may answer."""
    return Notice(
        f"Not asked: {title}",
        "Nobody else can see this chat, and Teams does not let the bot write to any approver. Nothing was done. Type "
        "the command in a channel or a group chat where the approvers are.",
        Tone.WARNING,
    )


def unstoppable(title: str, trouble: str) -> Notice:
    """Say that an emergency does not run, because nobody could surely have stopped it."""
    why = f" The last that was seen of it: {trouble}" if trouble else ""
    return Notice(
        f"Not done: {title}",
        "An emergency runs only if somebody could have stopped it for the whole of its delay, and this one did not get "
        f"there in time.{why} Nothing was done. Type the command again, in a conversation with approvers, or without "
        "--emergency so that somebody approves it.",
        Tone.WARNING,
    )


def closed(change: ChangeRequest) -> Notice:
    """Say that the change was decided against, or not decided in time."""
    against = [vote for vote in change.votes if not vote.verdict.is_for]
    name = against[-1].person.name if against else change.stopped_by or change.requester.name
    match change.outcome:
        case Outcome.REJECTED.value:
            why = f" Their reason: “{against[-1].why}”" if against and against[-1].why else ""
            return Notice(f"Rejected: {change.title}", f"{name} rejected it. Nothing was done.{why}", Tone.WARNING)
        case Outcome.EXPIRED.value:
            text = "Nobody answered in time. Nothing was done."
            return Notice(f"Expired: {change.title}", text, Tone.WARNING)
    return Notice(f"Cancelled: {change.title}", f"{name} cancelled it. Nothing was done.")


def _one_of(names: Sequence[str]) -> str:
    shown = list(dict.fromkeys(names))[:3]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
