"""Problems of users' claims and of the settings they live under, found without changing anything."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from clients.helm import Release
from clients.kube import Claim, Pod, SnapshotClass, StorageClass, Volume
from commands.framework.argument_types import folded
from commands.kubernetes.claim_names import Scheme, scheme
from commands.ports.context import Reads
from commands.spawner.runs import title
from commands.storage.departures import Departure, Fate
from commands.storage.former_name import made
from commands.storage.homes import quoted
from commands.storage.owners import Owners
from commands.storage.snapshots import RESTORED_FROM, class_for
from commands.storage.volume_record import recorded
from commands.text.byte_sizes import spoken as amount
from commands.timing.durations import spoken


@dataclass(frozen=True)
class Found:
    """One claim, as much of it as is kept of thousands."""

    name: str
    size: int
    made: str
    age: float
    filled: bool
    mounted: bool

    def __str__(self) -> str:
        state = "mounted now" if self.mounted else "" if self.filled else "no disk yet"
        return f"{self.name} ({', '.join(filter(None, (amount(self.size), f'made {self.made}', state)))})"


@dataclass(frozen=True)
class HomeProblem:
    """One problem in sentences, and what to type or set."""

    what: str
    way_out: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the problem and its remedy, one below the other."""
        return (self.what, f"→ {self.way_out}") if self.way_out else (self.what,)


class Examination:
    """The result of a walk over all claims: homes by their owners, and claims with a problem of their own."""

    def __init__(self, owners: Owners, pods: Sequence[Pod], reads: Reads) -> None:
        self._owners = owners
        self._reads = reads
        self._holders = {name: pod for pod in pods for name in pod.claims}
        self._homes: dict[tuple[str, str], list[Found]] = defaultdict(list)
        self._spelled: dict[str, str] = {}
        self._named: Counter[Scheme] = Counter()
        self.homes = 0
        self.owners: set[str] = set()
        self.classes: set[str] = set()
        self.nobodys: list[HomeProblem] = []
        self.stuck: list[HomeProblem] = []

    def look_at(self, claim: Claim) -> None:
        """Add one home."""
        self.homes += 1
        self.classes.add(claim.storage_class)
        owner = self._owners.owner(claim)
        if owner:
            self._spelled.setdefault(folded(owner), owner)
            self._homes[folded(owner), claim.server].append(self._found(claim))
            self._named[scheme(claim.name, owner, claim.server)] += 1
            self.owners |= {owner} if claim.volume else set()
        if self._owners.is_orphan(claim):
            self.nobodys.append(self._orphan(claim, owner))
        self.stuck += self._stuck(claim)

    def doubles(self) -> list[HomeProblem]:
        """Return the servers with more than one home."""
        found = sorted((key, homes) for key, homes in self._homes.items() if len(homes) > 1)
        return [_two_homes(self._spelled[user], server, homes, self._named) for (user, server), homes in found]

    def _found(self, claim: Claim) -> Found:
        now = self._reads.now
        since = made(claim)
        age = now - since if since else None
        # What is to be made from a snapshot holds somebody's files, disk or no disk.
        filled = bool(claim.volume) or RESTORED_FROM in claim.annotations
        said = f"{spoken(age)} ago" if age is not None else "at an unknown time"
        seconds = age.total_seconds() if age is not None else 0.0
        return Found(claim.name, claim.size, said, seconds, filled, claim.name in self._holders)

    def _orphan(self, claim: Claim, owner: str) -> HomeProblem:
        if not owner:
            return HomeProblem(
                f"{claim.name} ({amount(claim.size)}) does not say whose it is, and no user's home would "
                "have that name."
            )
        server = f" --server {quoted(claim.server)}" if claim.server else ""
        return HomeProblem(
            f"{title(owner, claim.server)} is no longer a user of the hub: {self._found(claim)}.",
            f"/jhub storage delete {quoted(owner)}{server}",
        )

    def _stuck(self, claim: Claim) -> list[HomeProblem]:
        holder = self._holders.get(claim.name)
        owner = self._owners.owner(claim)
        flag = f" --server {quoted(claim.server)}" if claim.server else ""
        stop = f"/jhub server stop {quoted(owner)}{flag}" if owner else ""
        if claim.terminating:
            names = ", ".join(claim.finalizers) or "something that the cluster does not name"
            held = f"pod {holder.name} still mounts it" if holder else f"held by {names}"
            return [HomeProblem(f"{claim.name} was deleted but still exists: {held}.", stop if holder else "")]
        if holder is None or claim.volume or holder.is_ready:
            return []
        since = f" for {spoken(self._reads.now - holder.created)}" if holder.created else ""
        refusal = f" {holder.refusal[:200]}" if holder.refusal else ""
        return [HomeProblem(f"{claim.name} has no disk, and pod {holder.name} waits for it{since}.{refusal}", stop)]


def _two_homes(user: str, server: str, homes: Sequence[Found], named: Mapping[Scheme, int]) -> HomeProblem:
    ordered = sorted(homes, key=lambda home: -home.age)
    what = f"{title(user, server)} has {len(homes)} homes: {'; '.join(map(str, ordered))}."
    flag = f" --server {quoted(server)}" if server else ""
    empty = next((home for home in homes if not home.filled and not home.mounted), None)
    if empty is not None:
        line = f"/jhub storage delete {quoted(user)}{flag} --claim {empty.name}"
        return HomeProblem(f"{what} The one without a disk is empty.", line)
    youngest = ordered[-1]
    if youngest.mounted and not ordered[0].mounted:
        return HomeProblem(
            f"{what} The newer one is mounted and is probably empty: the files should be in the older one.",
            _to_the_older_one(named),
        )
    return HomeProblem(
        what,
        f"have {user} start the server: /jhub storage show {quoted(user)} then says which one it mounts. Delete the "
        "other only after its owner has looked into both.",
    )


def _to_the_older_one(named: Mapping[Scheme, int]) -> str:
    """Return how the files come back: the naming scheme is of the whole hub, and moves everybody's homes."""
    old, new = named[Scheme.OLD], named[Scheme.NEW]
    if old > new:
        return (
            "set hub.config.KubeSpawner.slug_scheme: escape and remember_pvc_name: false, and restart the server; "
            "delete nothing before its owner has looked."
        )
    many = "1 home has" if new == 1 else f"{new} homes have"
    return (
        "have the files copied over by a pod that mounts both claims (kubectl), and delete nothing before. Leave "
        f"slug_scheme as it is: it is the whole hub’s, and {many} the new kind of name."
    )


def people_who_are_not_by_that_name(found: Iterable[Departure]) -> tuple[list[HomeProblem], list[HomeProblem]]:
    """Return the people with homes who have another name now, and those who have left."""
    renamed, left = [], []
    for one in found:
        if one.fate is Fate.RENAMED:
            line = f"/jhub user rename {quoted(one.name)} {quoted(one.upn)}"
            what = f"{one.name} is {one.upn} in Entra now, and meets an empty home by that name."
            renamed.append(HomeProblem(what, line))
        else:
            gone = "is no longer in Entra" if one.fate is Fate.LEFT else "is in Entra, but may not log in"
            left.append(HomeProblem(f"{one.name} {gone}.", f"/jhub storage show {quoted(one.name)}"))
    return renamed, left


def renames_half_done(volumes: Iterable[Volume]) -> list[HomeProblem]:
    """Return the changes of a name that an earlier run did not end, once each."""
    found = {(one.old, one.new): one for volume in volumes if (one := recorded(volume))}
    return [
        HomeProblem(
            f"The renaming of {old} to {new} is half done. Their disks are kept by reclaim policy Retain.",
            f"/jhub user rename {quoted(old)} {quoted(new)}",
        )
        for old, new in sorted(found)
    ]


def settings_that_lose_data(release: Release | None) -> list[HomeProblem]:
    """Return the values of the release by which homes are deleted unasked.

    Zero to JupyterHub's `cull.users` deletes idle users from the hub, and kubespawner's `delete_pvc`, which is on
    unless set, deletes a user's claims with the user.
    """
    if release is None:
        return []
    culls = release.value("cull", "users") is True and release.value("cull", "enabled") is not False
    keeps = release.value("hub", "config", "KubeSpawner", "delete_pvc") is False
    if not culls or keeps:
        return []
    return [
        HomeProblem(
            "cull.users is on: idle users are deleted from the hub, and their homes with them.",
            "set cull.users: false, or hub.config.KubeSpawner.delete_pvc: false, in the release's values",
        )
    ]


def classes_without_a_way_back(
    used: Iterable[str], classes: Iterable[StorageClass], snapshot_classes: Sequence[SnapshotClass]
) -> list[HomeProblem]:
    """Return the storage classes of homes that cannot be restored.

    Their disks go with the claim, and no snapshot of them can be taken.
    """
    by_name = {one.name: one for one in classes}
    found = [by_name[name] for name in sorted(used) if name in by_name]
    return [
        HomeProblem(
            f"Class {one.name}: the disk goes with its claim (reclaim policy Delete), and no snapshot class fits "
            f"{one.provisioner}. A deleted home cannot be restored.",
            f"create a VolumeSnapshotClass for the driver {one.provisioner}",
        )
        for one in found
        if one.reclaim_policy == "Delete" and not class_for(one.provisioner, snapshot_classes)
    ]
