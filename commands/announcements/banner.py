"""The hub's own pages: how this hub can show an announcement without a restart, and showing it so.

JupyterHub reads its configuration once, at its start. Since 5.0 a template variable may be a function, which is called
for each page: one that reads a mounted ConfigMap shows what the bot writes there. Else a service may announce, as
JupyterHub's example does.
"""

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from clients.errors import NotFound, Unavailable
from commands.ports.context import Writes

# The ConfigMap that docs/announcements.md has mounted into the hub, and its one file.
CONFIG_MAP: Final = "jhub-announcement"
FILE: Final = "announcement.json"
SERVICE: Final = "announcement"
GUIDE: Final = "docs/announcements.md has the few lines of the hub’s values that it takes, once."
_FUNCTIONS_SINCE: Final = 5


class BannerWay(Enum):
    """How the hub's pages show an announcement. The value is stored with it."""

    VARIABLE = "template variable"
    SERVICE = "announcement service"
    NONE = ""


@dataclass(frozen=True)
class Banner:
    """How this hub shows announcements, and, for one that cannot, why."""

    way: BannerWay
    why: str = ""


def banner_of(values: Mapping[str, Any] | None, version: str) -> Banner:
    """Return how a hub with these values, of that version of JupyterHub, can show an announcement. Pure.

    `values` is None where they are not known, and `version` is empty.
    """
    if values is None:
        return Banner(BannerWay.NONE, "The release cannot be read, so how its pages show announcements is not known.")
    hub = values.get("hub")
    hub = hub if isinstance(hub, Mapping) else {}
    mounted, service = _mounts(hub.get("extraVolumes")), SERVICE in _names(hub.get("services"))
    if mounted and _major(version) >= _FUNCTIONS_SINCE:
        return Banner(BannerWay.VARIABLE)
    if service:
        return Banner(BannerWay.SERVICE)
    if mounted:
        seen = f"JupyterHub {version} is older" if version else "its version is not known"
        return Banner(BannerWay.NONE, f"The hub’s pages can show announcements since JupyterHub 5; {seen}.")
    return Banner(BannerWay.NONE, f"The hub’s pages do not show announcements yet: {GUIDE}")


def _mounts(volumes: object) -> bool:
    """Return True if the ConfigMap is among the hub's extra volumes, which are a list or a mapping of such."""
    listed = volumes if isinstance(volumes, list) else [*volumes.values()] if isinstance(volumes, Mapping) else []
    maps = (one.get("configMap") for one in listed if isinstance(one, Mapping))
    return any(isinstance(one, Mapping) and one.get("name") == CONFIG_MAP for one in maps)


def _names(services: object) -> set[str]:
    """Return the names of the hub's services: keys of a mapping, or of each in a list."""
    if isinstance(services, Mapping):
        return {str(name) for name in services}
    listed = services if isinstance(services, list) else []
    return {str(one.get("name")) for one in listed if isinstance(one, Mapping)}


def _major(version: str) -> int:
    major = version.partition(".")[0]
    return int(major) if major.isascii() and major.isdigit() else 0


async def show(way: BannerWay, text: str, until: datetime, writes: Writes) -> str:
    """Have the hub's pages show the text, with nothing in it taken for markup. Return why they do not, if so."""
    markup = html.escape(text)
    try:
        if way is BannerWay.VARIABLE:
            content = json.dumps({"html": markup, "until": until.timestamp()}, ensure_ascii=False)
            await writes.kube.put_config_map(CONFIG_MAP, {FILE: content})
        elif way is BannerWay.SERVICE and writes.banner is not None:
            await writes.banner.show(markup)
    except (Unavailable, NotFound) as error:
        return f"{error}."
    return ""


async def clear(way: BannerWay, writes: Writes) -> str:
    """Have the hub's pages show nothing any more. Return why they still may, if so."""
    try:
        if way is BannerWay.VARIABLE:
            await writes.kube.put_config_map(CONFIG_MAP, {FILE: json.dumps({"html": "", "until": 0})})
        elif way is BannerWay.SERVICE and writes.banner is not None:
            await writes.banner.clear()
    except (Unavailable, NotFound) as error:
        return f"{error}."
    return ""
