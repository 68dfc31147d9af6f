"""Introduction that `jhub-bot demo` prints once it runs: where it is, and what to type first."""

from typing import Final

from bot.cli.dev.sandbox_process import SandboxWorld

_FIRST: Final = ("/jhub deploy 7c1d2e9    (installs the hub)", "/jhub status")
_LATER: Final = ("/jhub status", "/jhub deploy 7c1d2e9")
_STORIES: Final = (
    (
        "A deployment that fails, and the way back:",
        "/jhub deploy 0ddba11    (the card says why; its button Roll back undoes it)",
    ),
    (
        "Nobody destroys alone. A deletion waits for a second person, and here you say what that person answers:",
        "/jhub storage delete emmy.noether@example.org",
        "/sandbox approve        (or /sandbox reject)",
    ),
    (
        "An alert that comes and goes:",
        "/jhub alerts here on",
        "/sandbox break cert     (soon a card says what is wrong; its button Retry gets a new one)",
        "/sandbox status         (everything that can be broken)",
    ),
)
_IN_A_CHANNEL: Final = (
    "  In a channel the bot must be mentioned: type @, pick JupyterHub from the list, then paste the rest.",
    "  A pasted “@JupyterHub” is only text.",
)


def introduction(world: SandboxWorld, bot_url: str, playground_url: str = "") -> str:
    """Return what to open and what to type, for a Playground or, without one, for the terminal."""
    lines = [
        "",
        *([f"  Teams (Playground)  {playground_url}"] if playground_url else []),
        f"  Bot                 {bot_url}",
        f"  Cluster             kubectl --kubeconfig {world.ready['kubeconfig']} get pods -A",
        "",
        "  Open the Playground, choose Personal Chat, and type:" if playground_url else "  Type:",
        *_typed(_FIRST if world.is_empty else _LATER),
        "",
        *(() if world.is_empty else _told()),
        *((*_IN_A_CHANNEL, "") if playground_url else ()),
        "  Ctrl-C ends everything.",
        "",
    ]
    return "\n".join(lines)


def _told() -> list[str]:
    return [line for title, *commands in _STORIES for line in (f"  {title}", *_typed(commands), "")]


def _typed(commands: tuple[str, ...] | list[str]) -> list[str]:
    return [f"      {command}" for command in commands]
