"""How full a volume is, by what kubelet measured of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

# So much of a volume is left where nothing useful can be written any more: half a percent, or less of large ones.
_PARTS: Final = 200
_ROOM: Final = 64 << 20
_FILES: Final = 1_000


@dataclass(frozen=True, slots=True)
class VolumeUsage:
    """What kubelet measured of a claim's volume at `seen`; `mounted` is True if it still measures it.

    Amounts are bytes. `free` is what can be written, which is less than what is not used where a file system keeps
    room for itself. `files` and `most_files` are inodes, both 0 where the file system counts none (SMB).
    """

    claim: str
    used: int
    free: int
    capacity: int
    seen: datetime
    mounted: bool = True
    files: int = 0
    most_files: int = 0

    def left(self) -> "VolumeUsage":
        """Return the same, of a volume that no pod mounts any more."""
        return replace(self, mounted=False)

    @property
    def share(self) -> float:
        """The part that is used, from 0 to 1, by bytes as `df` tells it or by files, whichever is more."""
        room = self.used + self.free
        return max(self.used / room if room else 1.0, self._share_of_files)

    @property
    def is_out_of_bytes(self) -> bool:
        """True if there is no room left to speak of."""
        return self.free <= min(self.capacity // _PARTS, _ROOM)

    @property
    def is_out_of_files(self) -> bool:
        """True if no more files can be created, or hardly any."""
        return bool(self.most_files) and self.most_files - self.files <= min(self.most_files // _PARTS, _FILES)

    @property
    def is_full(self) -> bool:
        """True if nothing, or next to nothing, can be written any more."""
        return self.is_out_of_bytes or self.is_out_of_files

    @property
    def percent(self) -> int:
        """The share in percent, rounded down: 100 for a full volume alone."""
        return max(self.percent_of_bytes, self.percent_of_files)

    @property
    def percent_of_bytes(self) -> int:
        """The same of the bytes, as `df` tells it."""
        return 100 if self.is_out_of_bytes else min(99, self.used * 100 // (self.used + self.free))

    @property
    def percent_of_files(self) -> int:
        """The same of the inodes; 0 where none are counted."""
        return 100 if self.is_out_of_files else min(99, int(self._share_of_files * 100))

    @property
    def _share_of_files(self) -> float:
        return min(1.0, self.files / self.most_files) if self.most_files else 0.0


@dataclass(frozen=True)
class VolumeUsages:
    """What was measured of the volumes of a namespace `within` that time until now, by the names of their claims.

    With `warnings` the answer was partial: a volume that is not in it may have been measured all the same.
    """

    by_claim: Mapping[str, VolumeUsage]
    within: timedelta = timedelta(days=7)
    warnings: tuple[str, ...] = ()

    def get(self, claim: str) -> VolumeUsage | None:
        """Return what was measured of a claim's volume; None if it was not measured within that time."""
        return self.by_claim.get(claim)

    def __iter__(self) -> Iterator[VolumeUsage]:
        """Iterate over what was measured."""
        return iter(self.by_claim.values())
