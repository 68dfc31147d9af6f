"""What kubelet says of containers that do not run, in words for people.

Reasons and messages as kubelet 1.32 and containerd 1.7 write them.
"""

import re
from typing import Final

from clients.kube import Crash, Waiting
from commands.cluster_words import shown
from commands.components import plain, pull_problem
from commands.trouble import IMAGES, NODES, Cause, Step, Trouble
from commands.volume_troubles import mount

_IMAGE = re.compile(r'image "(?P<image>[^"]+)"')
_RATE: Final = ("toomanyrequests", "too many requests", "rate limit")
_UNREACHED: Final = ("i/o timeout", "no such host", "connection refused", "tls handshake timeout", "deadline exceeded")
_SIGNALS: Final = {137: "killed", 139: "a memory fault", 143: "told to stop", 126: "not executable", 127: "not found"}
_PULLS: Final = (
    ("incomplete", Cause.IMAGE_BROKEN, ("httpreadseeker: failed open: content at",)),
    ("missing", Cause.IMAGE_MISSING, ("not found", "manifest unknown", "name unknown")),
    ("refused", Cause.IMAGE_REFUSED, ("unauthorized", "denied", "forbidden", "authorization failed")),
)


def pulling(waiting: Waiting) -> Trouble:
    """Why an image cannot be pulled."""
    said, image = waiting.message.lower(), plain(waiting.image)
    if waiting.reason == "InvalidImageName":
        return Trouble(Cause.IMAGE_NAME, f"“{waiting.image}” is not the name of an image.", IMAGES)
    if any(word in said for word in _RATE):
        words = f"The registry has had too many requests and refuses {image} for now; the cluster tries again."
        return Trouble(Cause.IMAGE_RATE, words, IMAGES)
    cause = next((cause for _, cause, words in _PULLS if any(word in said for word in words)), None)
    if cause is None and any(word in said for word in _UNREACHED):
        return Trouble(Cause.IMAGE_UNREACHABLE, f"The registry of {image} cannot be reached from the cluster.", IMAGES)
    return Trouble(cause or Cause.IMAGE, pull_problem(waiting), IMAGES)


def pull_event(message: str) -> Trouble | None:
    """What a `Failed` event says of an image; None where it is of something else."""
    image = _IMAGE.search(message)
    if image is None or "pull" not in message:
        return None
    return pulling(Waiting("", "ErrImagePull", message, image["image"]))


def waiting_for(waiting: Waiting) -> Trouble | None:
    """Why a container waits, its image aside; None while it merely starts."""
    match waiting.reason:
        case "CreateContainerConfigError":
            known = mount(waiting.message)
            missing = known.cause is Cause.SETTINGS_MISSING
            words = f"A setting that it needs is missing: {shown(waiting.message)}."
            return known if missing else Trouble(Cause.CONFIG, words)
        case "CreateContainerError" | "RunContainerError" | "StartError":
            return Trouble(Cause.CONFIG, f"Its container cannot be started: {shown(waiting.message)}.")
        case _:
            return None


def crashed(crash: Crash, restarts: int = 0) -> Trouble:
    """How a container ended that should have run."""
    again = f", {restarts} times so far" if restarts > 1 else ""
    if crash.reason == "OOMKilled":
        words = f"{crash.container} used more memory than its limit and was killed{again}."
        return Trouble(Cause.OUT_OF_MEMORY, words)
    meaning = _SIGNALS.get(crash.exit_code)
    how = f"exit code {crash.exit_code}: {meaning}" if meaning else f"exit code {crash.exit_code}"
    step = Step("Show log", f"/jhub logs {crash.container}") if crash.container in ("hub", "chp") else None
    return Trouble(Cause.CRASH, f"{crash.container} exits soon after it starts ({how}){again}.", step)


def refused(refusal: str) -> Trouble | None:
    """Why kubelet refused or evicted a pod."""
    reason, _, message = refusal.partition(": ")
    match reason:
        case "Evicted":
            return Trouble(Cause.EVICTED, f"Its node evicted it: {_short(message)}", NODES)
        case "NodeLost" | "NodeShutdown" | "Terminated" | "Shutdown":
            return Trouble(Cause.NODE_LOST, "Its node was shut down or lost.", NODES)
        case "OutOfmemory" | "OutOfcpu" | "OutOfpods":
            return Trouble(Cause.MEMORY, "Its node had no room left when it arrived.", NODES)
        case "NodeAffinity" | "Preempting":
            return Trouble(Cause.EVICTED, "Its node no longer accepts it.", NODES)
        case _:
            return None


def _short(message: str) -> str:
    low = re.search(r"low on resource: (?P<what>[\w-]+)", message)
    return f"it was short of {low['what']}." if low else f"{shown(message).rstrip('.')}."
