"""The texts about a new name: before, after, and when it did not work."""

from cards.views import Fact, Facts, Failure, Lines, Notice, Plan, Tone
from commands.storage.homes import quoted
from commands.text.byte_sizes import spoken as amount
from commands.users.model import Carried, HomeMove, UserRename


def preview(plan: UserRename) -> Plan:
    """Show what approvers decide on."""
    verb = "Finish renaming" if plan.resumes else "Rename"
    return Plan(
        f"{verb} {plan.old} to {plan.new}",
        "",
        (),
        tuple(_consequences(plan)),
        plan.warnings,
        "Rename this user?",
        (Facts(tuple(_facts(plan))),),
    )


def _facts(plan: UserRename) -> list[Fact]:
    facts = [
        Fact("User", plan.old if plan.known else f"{plan.old}, who is unknown to the hub"),
        Fact("Becomes", plan.new),
    ]
    facts += [Fact(_home_title(move), f"{move.source} → {move.target}, {amount(move.size)}") for move in plan.moves]
    if plan.groups:
        facts.append(Fact("Groups", ", ".join(plan.groups)))
    if plan.snapshots:
        facts.append(Fact("Snapshots", ", ".join(one.name for one in plan.snapshots)))
    return facts


def _home_title(move: HomeMove) -> str:
    return f"Home of server “{move.server}”" if move.server else "Home"


def _consequences(plan: UserRename) -> list[str]:
    lines = []
    if plan.stops:
        servers = ", ".join(f"“{server}”" if server else "the default one" for server in plan.stops)
        lines.append(f"Their servers are stopped, and unsaved work is lost: {servers}.")
    if plan.moves:
        lines.append(
            "Each disk stays as it is and gets a claim with the new name: nothing is copied. Its reclaim policy is "
            "Retain meanwhile, so that it cannot be deleted."
        )
    if plan.known:
        lines.append(_record(plan))
    if plan.snapshots:
        lines.append("Snapshots keep their names, and are restored under the new one.")
    if plan.empties:
        lines.append(f"Claims that never had a disk are removed: {', '.join(one.name for one in plan.empties)}.")
    lines.append("Where something is in the way, everything goes back to the old name.")
    return lines


def _record(plan: UserRename) -> str:
    if plan.joins:
        return (
            f"The hub keeps the user {plan.new}, whom the person has logged in as, and deletes {plan.old}. API tokens "
            "of the old one end."
        )
    if plan.keeps_record:
        return "The hub renames the user, who keeps groups, API tokens and shared servers."
    groups = " in the same groups" if plan.groups else ""
    return (
        f"The hub gets a new user{groups} in place of the old one, because it remembers claims by their old names. API "
        "tokens and shares of servers end; the person makes new ones."
    )


def renamed(plan: UserRename, result: Carried) -> Notice:
    """Say that the new name works, and what is left to do."""
    facts = [Fact("Log in as", f"{plan.new}, once Entra knows it", Tone.WARNING)]
    if not plan.nobodys:
        facts = [Fact("Log in as", plan.new, Tone.GOOD)]
    facts += [
        Fact(_home_title(move), f"{move.target}, {amount(move.size)}: the same disk", Tone.GOOD) for move in plan.moves
    ]
    facts += [Fact("To check", warning, Tone.WARNING) for warning in plan.warnings]
    facts += [Fact("To do", note, Tone.WARNING) for note in result.notes]
    tone = Tone.WARNING if result.notes or plan.warnings else Tone.GOOD
    return Notice(f"{plan.old} is now {plan.new}", _outcome(plan), tone, (Facts(tuple(facts)),))


def _outcome(plan: UserRename) -> str:
    """Say what the person meets by the new name, and what ended with the old record."""
    if not plan.moves:
        said = f"{plan.old} had no disk to take along."
    elif plan.nobodys:
        said = f"The homes are those of {plan.new} now, but nobody can log in by that name until Entra knows it."
    else:
        said = f"{plan.new} finds every file as it was."
    if plan.known and not plan.keeps_record:
        said += f" API tokens and shares of servers of {plan.old} have ended: the person makes new ones."
    return said


def not_renamed(plan: UserRename, why: str) -> Failure:
    """Say that everything is as it was."""
    return Failure(
        f"{plan.old} was not renamed",
        why,
        (Fact("Homes and user", f"all under {plan.old}, as before", Tone.GOOD),),
        ("You can safely type it again.", f"/jhub storage show {quoted(plan.old)} shows the homes."),
        sections=(Lines((_line(plan),), "To try again"),),
    )


def half_renamed(plan: UserRename, result: Carried) -> Failure:
    """Say that neither name works yet, that nothing is lost, and what ends it."""
    facts = [Fact("Disks", "kept by reclaim policy Retain: nothing can be lost", Tone.GOOD)]
    facts += [Fact("And going back", note, Tone.BAD) for note in result.notes]
    return Failure(
        f"{plan.old} is half renamed",
        f"{result.problem} Neither name is sure to find its files until this is finished.",
        tuple(facts),
        ("Type it again once that is mended: it goes on where this ended.",),
        sections=(Lines((_line(plan),), "To finish it"),),
    )


def _line(plan: UserRename) -> str:
    return f"/jhub user rename {quoted(plan.old)} {quoted(plan.new)}"
