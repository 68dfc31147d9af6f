"""What a full home adds to the verdict on a server: it cannot save, will not start, or is not what is wrong. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from cards.views import Tone
from clients.prometheus import VolumeUsage, VolumeUsages
from commands.diagnostics.server_verdict import Scene, ServerVerdict
from commands.kubernetes.problem import Step
from commands.storage.fullness import TRASH, is_nearly_full, of_claim, tone_of, with_age
from commands.storage.homes import Home, quoted

_ORDER = (Tone.BAD, Tone.WARNING)


def with_fullness(verdict: ServerVerdict, usages: VolumeUsages, scene: Scene) -> ServerVerdict:
    """Return the verdict with what was measured of the homes that the server has, or would have at its next start."""
    for home, usage in _measured(verdict, usages, scene):
        if verdict.says_full:
            verdict = replace(verdict, words=f"{verdict.words}\n{_beside(usage, scene.now)}")
        elif is_nearly_full(usage):
            verdict = _worse(verdict, home, usage, scene)
    return verdict


def _measured(verdict: ServerVerdict, usages: VolumeUsages, scene: Scene) -> Iterator[tuple[Home, VolumeUsage]]:
    mounted = verdict.pod.claims if verdict.pod else None
    for home in scene.person.homes:
        usage = of_claim(usages, home.claim)
        if usage is not None and (mounted is None or home.claim.name in mounted):
            yield home, usage


def _beside(usage: VolumeUsage, now: datetime) -> str:
    """Return the measurement, beside a server's own words that there is no room."""
    if usage.is_full:
        return f"Kubelet measured the same: {with_age(usage, now)}."
    return f"But kubelet measured room in it: {with_age(usage, now)}. Another file system of the server may be full."


def _worse(verdict: ServerVerdict, home: Home, usage: VolumeUsage, scene: Scene) -> ServerVerdict:
    tones = [one for one in _ORDER if one in (verdict.tone, tone_of(usage))]
    show = Step("Show the homes", f"/jhub storage show {quoted(scene.person.name)}")
    steps = verdict.steps if show in verdict.steps else (*verdict.steps, show)
    words = f"{verdict.words}\n{_words(verdict, home, usage, scene.now)}"
    return replace(verdict, words=words, tone=tones[0], steps=steps)


def _words(verdict: ServerVerdict, home: Home, usage: VolumeUsage, now: datetime) -> str:
    its = f"Its home {home.claim.name}" if verdict.pod else f"The home {home.claim.name}"
    how = f"{its} is {'full' if usage.is_full else 'nearly full'} ({with_age(usage, now)})"
    if not usage.is_full:
        return f"{how}: once nothing is left, notebooks cannot be saved, and a server does not start."
    if verdict.pod is not None and verdict.pod.is_ready:
        return f"{how}: notebooks cannot be saved.\nWhat to do: they can delete files in a terminal; {TRASH}."
    return f"{how}: a server cannot write anything there, and most do not start."
