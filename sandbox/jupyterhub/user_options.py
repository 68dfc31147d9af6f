"""What a start asks for beside its user: a profile, and an image where the hub's own code takes one.

Read off kubespawner 7.1 (`_validate_user_options`, `_load_profile`); it passes over options that it does not know. An
image is taken of the synthetic user alone, by the snippet in docs/hub-test.md that a hub has in `hub.extraConfig`.
"""

import re
from dataclasses import replace
from typing import Final

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.jupyterhub.config import in_bytes
from sandbox.jupyterhub.spawner import Profile

# The key in `hub.extraConfig`.
SNIPPET: Final = "jhub-bot-test"


class UnknownProfileError(Exception):
    """A profile that the hub does not offer."""


def chosen(profile: Profile, values: Json, options: Json) -> Profile:
    """Return the settings of a start with what was chosen for it. Raise UnknownProfileError."""
    made = _overridden(profile, values, str(options.get("profile") or ""))
    extra = (values.get("hub") or {}).get("extraConfig") or {}
    image = options.get("image")
    return replace(made, image=str(image)) if image and SNIPPET in extra else made


def _overridden(profile: Profile, values: Json, slug: str) -> Profile:
    offered = (values.get("singleuser") or {}).get("profileList") or []
    if not offered:
        return profile
    usual = next((one for one in offered if one.get("default")), offered[0])
    found = next((one for one in offered if _slug(one) == slug), None) if slug else usual
    if found is None:
        raise UnknownProfileError(f"No such profile: {slug}. Options include: {', '.join(map(_slug, offered))}")
    override = found.get("kubespawner_override") or {}
    return replace(
        profile,
        image=str(override.get("image") or profile.image),
        memory=in_bytes(override.get("mem_guarantee")) or profile.memory,
        memory_limit=in_bytes(override.get("mem_limit")) or profile.memory_limit,
    )


def _slug(one: Json) -> str:
    return str(one.get("slug") or re.sub(r"[^a-z0-9]+", "-", str(one.get("display_name", "")).lower()).strip("-"))
