"""What is wrong with the parts of the hub, and what to do about it: for the hub's state, and for its test. Pure."""

from collections.abc import Sequence

from clients.helm import Release
from clients.kube import Pod
from commands.kubernetes.components import ComponentState, parts
from commands.kubernetes.crash_advice import crash_advice


def component_problems(pods: Sequence[Pod], newest: Release | None) -> list[str]:
    """Return a sentence or more on each part that is not right; `newest` is the newest revision if it is known."""
    return [" ".join((_told(part), *crash_advice(part.name, pods, newest))) for part in parts(pods) if part.problem]


def as_sentence(text: str) -> str:
    """Return the words with a capital and an end."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")


def _told(part: ComponentState) -> str:
    if not part.total:
        return f"{part.name}: {part.problem}."
    return f"{part.name}: {part.ready} of {part.total} ready. {as_sentence(part.problem)}"
