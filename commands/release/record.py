"""Helm's record of a release in people's terms: image tag, status, requester, times."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from cards.times import minute, parsed_minute
from cards.views import Tone
from clients.helm import Release
from commands.ports.entra import AccessReads

# The path of the users' image tag in z2jh's values.
IMAGE_TAG: Final = ("singleuser", "image", "tag")
# Helm 3's statuses (helm.sh/helm/v3 pkg/release/status.go) in the words of the cards.
_STANDING = {
    "deployed": ("live", Tone.GOOD),
    "superseded": ("replaced", Tone.NOTE),
    "failed": ("failed", Tone.BAD),
    "pending-install": ("installation in progress", Tone.WORKING),
    "pending-upgrade": ("upgrade in progress", Tone.WORKING),
    "pending-rollback": ("rollback in progress", Tone.WORKING),
    "uninstalling": ("being removed", Tone.WARNING),
    "uninstalled": ("removed", Tone.WARNING),
}


def standing(release: Release) -> tuple[str, Tone]:
    """Return the release's status as a word and a tone."""
    return _STANDING.get(release.status, (release.status, Tone.WARNING))


def ended(release: Release, history: Sequence[Release]) -> tuple[str, Tone]:
    """Return the same for a revision among others, newest first: a pending one below another has been interrupted."""
    if release.is_pending and history and release.revision < history[0].revision:
        return "interrupted", Tone.WARNING
    return standing(release)


def is_pending(release: Release) -> bool:
    """Return True if Helm holds the release for an operation that has not ended."""
    return release.is_pending or release.status == "uninstalling"


def image_tag(release: Release) -> str:
    """Return the tag of the users' image, or a dash if neither the values nor the chart name one."""
    return _tag(release).partition("@")[0] or "—"


def image_digest(release: Release) -> str:
    """Return the digest of the users' image if it was deployed by digest, else an empty string."""
    return _tag(release).partition("@")[2]


def _tag(release: Release) -> str:
    return str(release.value(*IMAGE_TAG) or "")


def image_name(release: Release) -> str:
    """Return the users' image without its tag, or a dash."""
    return str(release.value("singleuser", "image", "name") or "—")


def with_image_tag(values: Mapping[str, object], tag: str) -> dict[str, object]:
    """Return the values with `singleuser.image.tag` changed and nothing else.

    z2jh 4.4 joins name and tag with a colon, so `tag` may contain an image digest: `7c1d2e9@sha256:…`.
    """
    return with_value(values, IMAGE_TAG, tag)


def with_value(values: Mapping[str, object], path: Sequence[str], value: object) -> dict[str, object]:
    """Return the values with the one at `path` changed and nothing else; missing mappings on the way are created."""
    first, *rest = path
    return {**values, first: with_value(_mapping(values.get(first)), rest, value) if rest else value}


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def who(release: Release, access: AccessReads) -> str:
    """Return who requested the revision if this bot made it, else a dash."""
    return access.name(release.by_bot.requester) if release.by_bot else "—"


def updated(release: Release) -> str:
    """Return the time of the revision, to the minute."""
    return minute(release.last_deployed) if release.last_deployed else "an unknown time"


def stored_time(release: Release) -> str:
    """Return the time as a plan stores it, so that it is part of the plan digest; `read_time` converts it back."""
    return f"{release.last_deployed:%Y-%m-%d %H:%M}" if release.last_deployed else "at an unknown time"


def read_time(stored: str) -> str:
    """Return the time of a revision from the form that plans store."""
    return parsed_minute(f"{stored} UTC")


def since(release: Release, now: datetime) -> timedelta:
    """Return how long ago the revision was made."""
    return now - release.last_deployed if release.last_deployed else timedelta(0)
