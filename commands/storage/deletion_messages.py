"""The texts about the deletion of a home: before, after, and when it did not work."""

import unicodedata

from cards.times import minute, timed
from cards.views import Fact, Facts, Failure, Lines, Notice, Plan, Tone
from commands.framework.command import Steps
from commands.spawner.runs import title
from commands.storage.deletion import Deletion, Taken
from commands.storage.homes import quoted
from commands.text.byte_sizes import spoken as amount


def preview(plan: Deletion) -> Plan:
    """Show what approvers decide on."""
    return Plan(
        f"Delete the home of {title(plan.user, plan.server)}",
        "",
        (),
        tuple(_consequences(plan)),
        tuple(_warnings(plan)),
        "Delete this home?",
        (Facts(tuple(_facts(plan))),),
    )


def _facts(plan: Deletion) -> list[Fact]:
    facts = [
        Fact("Owner", plan.user if plan.known else f"{plan.user}, who is unknown to the hub"),
        Fact("Claim", f"{plan.claim.name}, {amount(plan.claim.size)}"),
        Fact("Volume", plan.claim.volume or "none yet"),
    ]
    if plan.last_activity:
        facts.append(Fact("Last active", minute(plan.last_activity)))
    return facts


def _consequences(plan: Deletion) -> list[str]:
    lines = []
    if plan.stops:
        pods = ", ".join(pod.name for pod in plan.pods)
        lines.append("The server is stopped" + (f" ({pods})" if pods else "") + ": unsaved work is lost.")
    if plan.snapshot_class:
        lines.append(
            f"A snapshot is taken first and kept for {plan.kept_for}; “/jhub storage restore” restores the home."
        )
    lines.append(_disk(plan))
    if plan.remakes:
        lines.append("An empty home replaces it, so that the user can log in afterwards.")
    return lines


def _disk(plan: Deletion) -> str:
    if not plan.claim.volume:
        return "The claim is deleted; it has no disk."
    if plan.reclaim_policy == "Retain":
        return f"The claim is deleted; the disk itself stays (reclaim policy Retain of {plan.claim.volume})."
    return f"The claim is deleted and its disk with it (volume {plan.claim.volume})."


def _warnings(plan: Deletion) -> list[str]:
    said = []
    if plan.claim.volume and not plan.snapshot_class:
        said.append("No snapshot is taken: the home cannot be restored.")
    if plan.awaits:
        said.append(
            f"Its files are still to be restored from the snapshot {plan.awaits}, which is kept until it expires."
        )
    if plan.by_name:
        said.append(f"Only its name says that {plan.claim.name} belongs to {plan.user}.")
    if plan.typed.lower() != unicodedata.normalize("NFC", plan.user).lower():
        said.append(f"“{plan.typed}” was typed; the home belongs to “{plan.user}”.")
    return said


def not_deleted(plan: Deletion, why: str) -> Failure:
    """Say that something went wrong before anything was deleted."""
    facts = [Fact("Home", f"{plan.claim.name}, {amount(plan.claim.size)}: untouched", Tone.GOOD)]
    return Failure(
        f"The home of {title(plan.user, plan.server)} was not deleted",
        why,
        tuple(facts),
        (f"/jhub storage show {quoted(plan.user)} shows its state.", "You can safely type it again."),
    )


def claim_remains(plan: Deletion, taken: Taken, why: str) -> Failure:
    """Say that the claim is not gone."""
    facts = [Fact("Snapshot", f"{taken.name}, ready", Tone.GOOD)] if taken.name else []
    return Failure(
        f"The home of {title(plan.user, plan.server)} is not deleted yet",
        why,
        tuple(facts),
        (
            f"/jhub storage show {quoted(plan.user)} shows its state.",
            *((f"To restore it: {_restore(plan)}",) if taken.name else ()),
        ),
    )


def deleted(plan: Deletion, taken: Taken, do: Steps) -> Notice:
    """Say that the home is deleted, what became of the data, and how it comes back."""
    facts = [Fact("Claim", f"{plan.claim.name}, {amount(plan.claim.size)}: deleted"), Fact("Disk", _fate_of_data(plan))]
    back: tuple[Lines, ...] = ()
    if taken.name:
        facts.append(Fact("Snapshot", taken.name, Tone.GOOD))
        facts.append(Fact("Kept", _until(plan, taken, do)))
        back = (Lines((_restore(plan),), "To restore it"),)
    text = f"{plan.user} can log in and gets an empty home." if plan.remakes else ""
    if not plan.known:
        text = "The hub does not know this user; at a first login they would get an empty home."
    whose = title(plan.user, plan.server)
    return Notice(f"The home of {whose} is deleted", text, Tone.GOOD, (Facts(tuple(facts)), *back))


def _fate_of_data(plan: Deletion) -> str:
    if not plan.claim.volume:
        return "there was none"
    if plan.reclaim_policy == "Retain":
        return f"stays as volume {plan.claim.volume} (reclaim policy Retain)"
    return "deleted with the claim"


def _until(plan: Deletion, taken: Taken, do: Steps) -> str:
    if taken.created is None:
        return f"for {plan.kept_for}"
    return timed("until ", minute(taken.created + do.reads.snapshot_retention))


def _restore(plan: Deletion) -> str:
    return f"/jhub storage restore {quoted(plan.user)}" + (f" --server {quoted(plan.server)}" if plan.server else "")
