"""What is written onto a volume while it goes from one claim to another.

The claims come and go on the way, the volume stays: so it carries all that it takes to make either claim, and the
reclaim policy that it gets back. With that, any later run can go on, or back, wherever an earlier one ended.
"""

import json
from dataclasses import asdict, dataclass, replace
from typing import Final

from clients.kube import Claim, Volume
from commands.framework.argument_types import folded
from commands.kubernetes.claim_names import escaped, slug
from commands.storage.former_name import kept_marks, made, marks
from commands.storage.homes import USERNAME
from commands.storage.snapshots import Original, original_of

RECORD: Final = "jhub-bot/rename"
HELD: Final = "jhub-bot/renaming"
SELECTOR: Final = f"{HELD}=true"
RETAIN: Final = "Retain"
_USER_LABEL: Final = "hub.jupyter.org/username"
# Longer is no record of the bot's: Kubernetes takes 256 KiB of annotations.
_LONGEST: Final = 64 << 10


@dataclass(frozen=True)
class VolumeRecord:
    """A volume on its way: whose it was and becomes, its claim before and the name of the one after, its policy.

    `made` says when the home was made, in ISO 8601; empty where that is not known.
    """

    volume: str
    volume_uid: str
    old: str
    new: str
    server: str
    policy: str
    source: Original
    target_name: str
    made: str = ""

    @property
    def target(self) -> Original:
        """The new claim: what the old one was, with the new name wherever kubespawner wrote the old one."""
        source = self.source
        return Original(
            name=self.target_name,
            storage_class=source.storage_class,
            size=source.size,
            access_modes=source.access_modes,
            labels={**source.labels, **_renamed_label(source.labels, self.old, self.new)},
            annotations={**source.annotations, USERNAME: self.new, **marks(self.old, self.made)},
        )

    def is_of(self, old: str, new: str) -> bool:
        """Return True if it is of that very change of name."""
        return folded(self.old) == folded(old) and folded(self.new) == folded(new)

    def concerns(self, *names: str) -> bool:
        """Return True if it is about one of these people."""
        return bool({folded(self.old), folded(self.new)} & set(map(folded, names)))

    def written(self) -> str:
        """Return what the volume carries."""
        kept = {name: value for name, value in asdict(self).items() if name not in ("volume", "volume_uid")}
        return json.dumps(kept, sort_keys=True, ensure_ascii=False)


def _renamed_label(labels: dict[str, str], old: str, new: str) -> dict[str, str]:
    """Return the label with the user's name, by the scheme that it was written by; nothing where it is none of both."""
    for spelled in (slug, escaped):
        if labels.get(_USER_LABEL) == spelled(old)[:63].strip("-"):
            return {_USER_LABEL: spelled(new)[:63].strip("-")}
    return {}


def record_for(volume: Volume, claim: Claim, old: str, new: str, server: str, target: str) -> VolumeRecord:
    """Return the record of a volume that is about to go from this claim to the one named `target`."""
    source, since = original_of(claim, old, server), made(claim)
    # By an earlier rename: going back gives the claim that again.
    source = replace(source, annotations={**source.annotations, **kept_marks(claim)})
    born = since.isoformat() if since else ""
    return VolumeRecord(volume.name, volume.uid, old, new, server, volume.reclaim_policy, source, target, born)


def recorded(volume: Volume) -> VolumeRecord | None:
    """Return what a volume carries, None where that is nothing or no record of the bot's."""
    text = volume.annotations.get(RECORD, "")
    if not text or len(text) > _LONGEST:
        return None
    try:
        found = json.loads(text)
        source = found.pop("source")
        original = Original(
            name=str(source["name"]),
            storage_class=str(source["storage_class"]),
            size=int(source["size"]),
            access_modes=tuple(map(str, source["access_modes"])),
            labels={str(key): str(value) for key, value in source["labels"].items()},
            annotations={str(key): str(value) for key, value in source["annotations"].items()},
        )
        words = {name: str(found[name]) for name in ("old", "new", "server", "policy", "target_name")}
        born = str(found.get("made", ""))
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return VolumeRecord(volume=volume.name, volume_uid=volume.uid, source=original, made=born, **words)
