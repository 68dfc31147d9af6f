"""What is tested: the synthetic user, the image that their server is to have, and the profile that they choose."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from clients.errors import NotFound
from clients.helm import Release
from clients.hub import HubUser
from commands.framework.command import Steps
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from commands.images.tags import resolve
from commands.ports.context import Reads
from commands.ports.hub_tests import HubTesting, HubTestReads
from commands.release.record import image_name, image_tag
from commands.values.release_effects import places_of

# Nobody can be it: no tenant can have a domain below .invalid (RFC 2606), and no other kind of login has such names.
USER: Final = "test@jhub-bot.invalid"
_ANYBODY: Final = "somebody.else@jhub-bot.invalid"
# Where the hub's own code takes an image for that user alone: docs/hub-test.md.
SNIPPET: Final = ("hub", "extraConfig", "jhub-bot-test")


@dataclass(frozen=True)
class HubTest:
    """A test of the hub. `image` is what the server has to run, empty where the hub's own choice is right.

    `asks_image` is True if the hub has to be asked for that image, since it starts servers with another one. `tag` is
    the tag that is tested.
    """

    tag: str
    image: str = ""
    profile: str = ""
    asks_image: bool = False
    live: str = field(default="", metadata=incidental())

    @property
    def options(self) -> Mapping[str, object]:
        """The hub's `user_options` for the start."""
        asked = {"profile": self.profile, "image": self.image if self.asks_image else ""}
        return {name: value for name, value in asked.items() if value}

    @property
    def what(self) -> str:
        """What is tested, for a title: "7c1d2e9 with the profile gpu"."""
        return f"{self.tag} with the profile {self.profile}" if self.profile else self.tag


async def planned(reads: Reads, tag: str = "", profile: str = "") -> HubTest:
    """Return the test of a tag, the live one by default. Raise UserError where it cannot be made, Unavailable."""
    live = await _release(reads)
    _check_home(live)
    _check_profile(live, profile)
    its, wanted = image_tag(live), tag or image_tag(live)
    if tag and tag != its:
        await resolve(image_name(live), tag, reads, "/jhub test --image {}")
        _check_snippet(live, tag)
    return HubTest(
        wanted,
        image=f"{image_name(live)}:{tag}" if tag else "",
        profile=profile,
        asks_image=wanted != its,
        live=its,
    )


def recorded(reads: Reads) -> HubTestReads:
    """Return the records of tests. Raise UserError where none are kept."""
    if reads.tests is None:
        raise UserError("A test of the hub needs the bot's records, and there are none on a terminal.")
    return reads.tests


def testing(do: Steps) -> HubTesting:
    """Return everything that a test writes to; `recorded` has refused where there is nothing."""
    if do.writes.testing is None:
        raise RuntimeError("a test of the hub was begun without anything to test it with")
    return do.writes.testing


async def account(reads: Reads) -> HubUser | None:
    """Return what the hub knows of the synthetic user, None if it has none. Raise Unavailable."""
    try:
        return await reads.hub.user(USER)
    except NotFound:
        return None


def taken() -> UserError:
    """Return the error where the hub has a user of that name whom the bot has not made."""
    return UserError(
        f"The hub has a user {USER}, and the bot has no record of having made it. It deletes nobody's home, so it does "
        "not test with that name. If nobody is behind it, remove it on the hub's admin page and type this again.",
        f"/jhub storage show {USER}",
    )


async def _release(reads: Reads) -> Release:
    live = await reads.releases.deployed()
    if live is None:
        raise UserError(f"There is no live release “{reads.names.release}” to test.", "/jhub history")
    return live


def _check_home(live: Release) -> None:
    """Raise UserError where everybody's home is one claim: KubeSpawner would delete that with the test's user."""
    if live.value("singleuser", "storage", "type") not in (None, "dynamic"):
        # A claim that the values name is none that KubeSpawner made, nor one that it deletes.
        return
    places = places_of(live.values, live.defaults, live.chart.version)
    its, anybodys = places.place(USER), places.place(_ANYBODY)
    keeps = live.value("hub", "config", "KubeSpawner", "delete_pvc") is False
    if its is not None and anybodys is not None and its.claim == anybodys.claim and not keeps:
        raise UserError(
            f"Everybody’s home is in one claim, {its.claim}, and this hub deletes a user’s claim together with the "
            "user: removing the test’s user would delete it for all. The same happens when an admin deletes a user. "
            "Keep claims, then test.",
            "/jhub config set hub.config.KubeSpawner.delete_pvc false",
        )


def _check_profile(live: Release, profile: str) -> None:
    slugs = profiles(live.value("singleuser", "profileList"))
    if profile and profile not in slugs:
        offered = f"It offers {', '.join(slugs)}." if slugs else "It offers none: every server is the same."
        lines = [f"/jhub test --profile {one}" for one in slugs[:3]] or ["/jhub test"]
        raise UserError(f"The hub has no profile “{profile}”. {offered}", *lines)


def profiles(found: object) -> Sequence[str]:
    """Return the slugs of a list of profiles in the values, as KubeSpawner 7.1 makes them of their names."""
    listed: list[Any] = found if isinstance(found, list) else []
    return [slug for one in listed if isinstance(one, Mapping) and (slug := _slug(one))]


def _slug(one: Mapping[str, object]) -> str:
    return str(one.get("slug") or re.sub(r"[^a-z0-9]+", "-", str(one.get("display_name", "")).lower()).strip("-"))


def _check_snippet(live: Release, tag: str) -> None:
    if not live.value(*SNIPPET):
        raise UserError(
            f"The hub starts servers with its own tag, {image_tag(live)}. To start the test's server with {tag}, it "
            f"needs {'.'.join(SNIPPET)} in its values (docs/hub-test.md has the lines).",
            f"/jhub deploy {tag}",
            "/jhub test",
        )
