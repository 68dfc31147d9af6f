"""What there is of a person by both names, at one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clients.kube import Pod, Snapshot
from commands.kubernetes.home_places import HomePlaces
from commands.storage.homes import HomeOwner
from commands.storage.volume_record import VolumeRecord


@dataclass(frozen=True)
class Seen:
    """What there is. `config` is the hub's own configuration among the values (`hub.config`)."""

    person: HomeOwner
    other: HomeOwner
    places: HomePlaces
    pods: Sequence[Pod]
    snapshots: Sequence[Snapshot]
    records: tuple[VolumeRecord, ...]
    config: Mapping[str, object]

    @property
    def resumes(self) -> bool:
        """True if an earlier run left this change of name half done."""
        return bool(self.records)
