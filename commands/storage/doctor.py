"""`/jhub storage doctor`: find what is wrong with users' storage, and the remedy of each problem."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from cards.times import minute
from cards.views import Lines, Section, Status, Tone, View
from clients.errors import Unavailable
from clients.helm import Release
from commands.framework.command import Level, NoArgs, Query, Topic
from commands.framework.partial_results import attempt
from commands.ports.context import Reads
from commands.storage.departures import departures
from commands.storage.homes import ENDED, may_be_home
from commands.storage.owners import Owners
from commands.storage.problems import (
    Examination,
    HomeProblem,
    classes_without_a_way_back,
    people_who_are_not_by_that_name,
    renames_half_done,
    settings_that_lose_data,
)
from commands.storage.volume_record import SELECTOR


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


async def run(args: Args, reads: Reads) -> View:
    """Examine every claim, the settings and the classes."""
    del args
    users, release, pods, classes, snapshot_classes, held = await asyncio.gather(
        attempt("The hub", reads.hub.users()),
        attempt("Helm's record", reads.releases.current()),
        reads.kube.pods(),
        reads.kube.storage_classes(),
        reads.kube.snapshot_classes(),
        reads.kube.volumes(SELECTOR),
    )
    owners = Owners(users)
    seen = Examination(owners, [pod for pod in pods if pod.phase not in ENDED], reads)
    async for page in reads.kube.claim_pages():
        for claim in filter(may_be_home, page):
            seen.look_at(claim)
    departed = await attempt("Microsoft Graph", departures(seen.owners, reads))
    renamed, left = people_who_are_not_by_that_name(() if isinstance(departed, Unavailable) else departed)
    settings = [] if isinstance(release, Unavailable) else settings_that_lose_data(release)
    settings += classes_without_a_way_back(seen.classes, classes, snapshot_classes)
    kinds = (
        ("Settings that lose data", settings),
        ("Claims that are stuck", seen.stuck),
        ("Servers with more than one home", seen.doubles()),
        ("Names that are half changed", renames_half_done(held)),
        ("Homes of people with another name", renamed),
        ("Homes of people who have left", left),
        ("Homes without an owner", seen.nobodys),
    )
    return _card(kinds, _unknown(owners, release, departed), seen.homes, reads)


def _unknown(owners: Owners, release: Release | Unavailable | None, departed: object) -> tuple[str, ...]:
    said = [f"{owners.doubt}: homes without an owner cannot be found now."] if owners.doubt else []
    if isinstance(release, Unavailable):
        said.append(f"{release}: its settings were not checked.")
    if isinstance(departed, Unavailable):
        said.append(f"{departed}: whose name has changed cannot be found now.")
    return tuple(said)


def _card(
    kinds: Sequence[tuple[str, Sequence[HomeProblem]]], unknown: tuple[str, ...], homes: int, reads: Reads
) -> Status:
    count = sum(len(found) for _, found in kinds)
    need = "needs" if count == 1 else "need"
    well = "No problem was found" if unknown else "All is well"
    return Status(
        "Storage",
        f"{count} {need} attention" if count else f"{well} with {homes:,} {'home' if homes == 1 else 'homes'}",
        _tone(kinds, unknown),
        unknown,
        tuple(_section(title, found) for title, found in kinds if found),
        minute(reads.now),
    )


def _tone(kinds: Sequence[tuple[str, Sequence[HomeProblem]]], unknown: tuple[str, ...]) -> Tone:
    (_, settings), *others = kinds
    if settings:
        return Tone.BAD
    return Tone.WARNING if unknown or any(found for _, found in others) else Tone.GOOD


def _section(title: str, found: Sequence[HomeProblem]) -> Section:
    heading = f"{title} ({len(found):,})" if len(found) > 1 else title
    return Lines(tuple(line for finding in found for line in finding.lines), heading)


COMMAND = Query(
    "storage doctor",
    "Find what is wrong with users' storage and how to fix it.",
    Level.VIEWER,
    run,
    details="Finds users with homes under both naming schemes, homes without an owner or of people "
    "who left or have another name, claims that are stuck, and settings that lose data. It changes nothing.",
    topic=Topic.STORAGE,
    rank=6,
)
