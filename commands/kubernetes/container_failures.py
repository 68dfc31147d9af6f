"""Kubelet's messages about containers that do not run, explained for people.

Reasons and messages as kubelet 1.27 to 1.35, containerd 1.7 and runc 1.2 write them. Images have a table of their own.
"""

import re
from typing import Final

from clients.kube import Crash, Waiting
from commands.kubernetes.message_rules import MessageRule, meaning, rule
from commands.kubernetes.messages import quoted
from commands.kubernetes.problem import IMAGES, NODES, Cause, Step, Trouble
from commands.kubernetes.volume_failures import setting_missing

_SIGNALS: Final = {137: "killed", 139: "a memory fault", 143: "told to stop", 126: "not executable", 127: "not found"}
# What a pod with a node waits for; a crash tells more than that the next start is put off.
_NO_TROUBLE: Final = frozenset({"", "ContainerCreating", "PodInitializing", "CrashLoopBackOff"})
_CONFIGURING: Final[tuple[MessageRule, ...]] = (
    rule(
        r"runAsNonRoot and image will run as root",
        Cause.ROOT,
        "Its image runs as root, which its security context forbids (runAsNonRoot). Give the image another user, or "
        "set singleuser.uid.",
    ),
    rule(
        r"runAsUser breaks non-root policy",
        Cause.ROOT,
        "It is told to run as root (runAsUser), which its security context forbids (runAsNonRoot).",
    ),
    rule(
        r"image has non-numeric user \((?P<user>[^)]{1,120})\)",
        Cause.ROOT,
        "Its image runs as the user {user}, and the node cannot tell whether that is root, which its security context "
        "forbids (runAsNonRoot). Give the image's user as a number, or set singleuser.uid.",
    ),
)
_STARTING: Final[tuple[MessageRule, ...]] = (
    rule(
        r"no space left on device", Cause.NODE_PRESSURE, "The disk of its node is full: it cannot start there.", NODES
    ),
    rule(
        r"(?:OCI runtime create failed|container process)(?:(?!hook)[^\n]){0,200}?"
        r'exec: \\?"(?P<command>[^"\\]{1,200})\\?": (executable file not found|stat [^:]{1,300}: no such file)',
        Cause.CONFIG,
        "Its image has no command {command}.",
        IMAGES,
    ),
    rule(
        r"container init was OOM-killed",
        Cause.OUT_OF_MEMORY,
        "Its memory limit is too low for it even to start.",
    ),
    rule(
        r"exec format error", Cause.IMAGE_PLATFORM, "Its image was built for another processor than its node's.", IMAGES
    ),
)
_FULL: Final = re.compile(
    r"no space left on device|errno 28\b|ENOSPC|disk quota exceeded|errno 122\b|EDQUOT|database or disk is full",
    re.IGNORECASE,
)
# Linux reports a limit of watched files with the same error as a full disk.
_WATCHES: Final = re.compile(r"inotify|file watchers|watch(es)? limit|, watch '", re.IGNORECASE)
_SHARED: Final = re.compile(r"/dev/shm\b")  # noqa: S108 - only looked for
# What it is called when a container could not be started at all.
_NEVER_STARTED: Final = ("StartError", "ContainerCannotRun")
_HOME: Final = re.compile(r"/home/|\$HOME\b")
_OUT_OF: Final = {"memory": Cause.MEMORY, "cpu": Cause.CPU, "pods": Cause.PODS}
AGAIN: Final = "It will not start again: stop the server and start it again."


def waiting_for(waiting: Waiting) -> Trouble | None:
    """Explain why a container waits, its image aside; None while it merely starts."""
    if waiting.reason in _NO_TROUBLE:
        return None
    if waiting.reason == "CreateContainerConfigError":
        known = setting_missing(waiting.message) or meaning(_CONFIGURING, waiting.message)
        return known or Trouble(Cause.CONFIG, f"Its container cannot be configured: {quoted(waiting.message)}.")
    known = meaning(_STARTING, waiting.message)
    said = quoted(waiting.message or waiting.reason)
    return known or Trouble(Cause.CONFIG, f"Its container cannot be started: {said}.")


def container_event(message: str) -> Trouble | None:
    """Explain a `Failed` event of a container, its image aside; None where no rule fits."""
    return setting_missing(message) or meaning((*_CONFIGURING, *_STARTING), message)


def crashed(crash: Crash, restarts: int = 0, pod: str = "") -> Trouble:
    """Explain how a container ended that should be running, with its last words where they are known.

    `pod` is the pod whose log a button shows, where it is a user's server.
    """
    again = f", {restarts} times so far" if restarts > 1 else ""
    return _told(crash, again, pod) or _by_last_words(crash, again, _log(crash.container, pod))


def _told(crash: Crash, again: str, pod: str) -> Trouble | None:
    """Return what kubelet itself knows of an end; None if only the container does."""
    if crash.reason == "OOMKilled":
        words = f"{crash.container} used more memory than its limit and was killed{again}."
        return Trouble(Cause.OUT_OF_MEMORY, words)
    if crash.reason == "ContainerStatusUnknown":
        said = quoted(crash.message or crash.reason)
        return Trouble(Cause.NODE_LOST, f"Its node does not know what became of {crash.container}: {said}.", NODES)
    if crash.reason in _NEVER_STARTED and crash.message:
        said = f"{crash.container} cannot be started{again}: {quoted(crash.message)}."
        return meaning(_STARTING, crash.message) or Trouble(Cause.CONFIG, said, _log(crash.container, pod))
    return None


def _by_last_words(crash: Crash, again: str, step: Step | None) -> Trouble:
    meaning_of = _SIGNALS.get(crash.exit_code)
    how = f"exit code {crash.exit_code}: {meaning_of}" if meaning_of else f"exit code {crash.exit_code}"
    words = f"{crash.container} exits soon after it starts ({how}){again}."
    if not (last := _last_words(crash.message)):
        return Trouble(Cause.CRASH, words, step)
    words = f"{words} Its last words: {quoted(last)}."
    if not _FULL.search(last) or _WATCHES.search(last):
        return Trouble(Cause.CRASH, words, step)
    if _SHARED.search(last):
        return Trouble(Cause.CRASH, f"Its shared memory (/dev/shm) is full. {words}", step)
    if _HOME.search(last):
        return Trouble(Cause.HOME_FULL, f"Their home is full. {words}", step)
    return Trouble(Cause.CRASH, f"A disk that it writes to is full. {words}", step)


def _last_words(message: str) -> str:
    """Return the line that names the cause: the one about a full disk, else the last."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return next((line for line in reversed(lines) if _FULL.search(line)), lines[-1] if lines else "")


def _log(container: str, pod: str) -> Step | None:
    if container in ("hub", "chp"):
        return Step("Show log", f"/jhub logs {container}")
    return Step("Show log", f"/jhub logs {pod} {container} --previous") if pod else None


def refused(refusal: str, again: str = AGAIN) -> Trouble | None:
    """Explain why kubelet refused, evicted or ended a pod; None without a reason. `again` says how one starts anew."""
    reason, _, message = refusal.partition(": ")
    match reason:
        case "":
            return None
        case "Evicted":
            return Trouble(Cause.EVICTED, f"Its node evicted it: {_short(message)}", NODES)
        case "NodeLost" | "NodeShutdown" | "Terminated" | "Shutdown":
            return Trouble(Cause.NODE_LOST, "Its node was shut down or lost.", NODES)
        case "Preempting":
            return Trouble(Cause.EVICTED, f"Its node ended it to admit a critical pod. {again}", NODES)
    return _rejected(reason, message, again)


def _rejected(reason: str, message: str, again: str) -> Trouble:
    """Explain a pod that failed for good, by kubelet's admission or a deadline."""
    said = quoted(message.removeprefix("Pod was rejected: ") or reason)
    if reason.startswith("OutOf"):
        what = reason.removeprefix("OutOf")
        words = f"Its node refused it: it no longer had enough {what} when the pod arrived. {again}"
        return Trouble(_OUT_OF.get(what, Cause.NODE_REFUSED), words, NODES)
    if reason == "UnexpectedAdmissionError" or message.startswith(("Pod was rejected", "Pod Node didn't")):
        return Trouble(Cause.NODE_REFUSED, f"Its node refused it: {said}. {again}", NODES)
    return Trouble(Cause.NODE_REFUSED, f"It has failed ({reason}): {said}. {again}", NODES)


def _short(message: str) -> str:
    low = re.search(r"low on resource: (?P<what>[\w-]+)", message)
    return f"it was short of {low['what']}." if low else f"{quoted(message)}."
