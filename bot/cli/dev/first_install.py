"""First installation of a hub: a bare sandbox's bot, and its values from `container/config.example.yaml`."""

import os
import re
from pathlib import Path
from typing import Final

import yaml

from bot.cli.dev.sandbox_process import SECRETS, VALUES, SandboxError, SandboxWorld

EXAMPLE: Final = Path(__file__).parents[3] / "container" / "config.example.yaml"
_BOT: Final = "bot.yaml"


def prepare(world: SandboxWorld, folder: Path, example: Path = EXAMPLE) -> None:
    """Write the values of a first installation into the folder of a bot's state, with what Entra knows filled in.

    Raise SandboxError where there is no example. Nothing is to be done for a world that has its hub.
    """
    if not world.is_empty:
        return
    try:
        text = example.read_text(encoding="utf-8")
    except OSError as error:
        raise SandboxError(f"a bare cluster needs values to begin with, and {example} cannot be read") from error
    secret = Path(str(world.ready["client_secret_file"])).read_text(encoding="utf-8")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(folder / VALUES, _filled(text, tenant_id=world.tenant, client_id=str(world.ready["client_id"])))
    _write(folder / SECRETS, yaml.safe_dump({"hub": {"config": {"AzureAdOAuthenticator": {"client_secret": secret}}}}))


def introduced(world: SandboxWorld) -> str:
    """Write the settings of a bot for a bare world beside its secrets, and say so; nothing of other worlds.

    Raise SandboxError.
    """
    if not world.is_empty:
        return ""
    folder = Path(str(world.ready["client_secret_file"])).parent
    prepare(world, folder / "bot")
    written = yaml.safe_dump(world.settings(folder / "bot"), sort_keys=False)
    _write(folder / _BOT, written)
    return "\n".join(
        [
            f"A bot for it, whose `/jhub deploy {world.tags[-1]}` installs the hub from {folder / 'bot' / VALUES}:",
            "",
            f"  jhub-bot serve --config {folder / _BOT}",
            "",
            *(f"    {line}" for line in written.splitlines()),
        ]
    )


def _filled(text: str, **known: str) -> str:
    """Return the example with the ids of the directory and the registration, and no pull secret: the nodes may pull."""
    text = re.sub(r"(?m)^imagePullSecrets:\n(?:  - .*\n)+", "", text)
    for key, value in known.items():
        text = re.sub(rf"(?m)^(\s*{key}: )[0-]+", rf"\g<1>{value}", text)
    return text


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
