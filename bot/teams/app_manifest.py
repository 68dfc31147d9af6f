"""The Teams app's manifest, version 1.30, made from what the commands declare of themselves.

Field names and limits after Microsoft's schema "MicrosoftTeams.schema.json" v1.30.

It asks for no permission: a bot hears what mentions it, and may ask for a team's roster, without any. So there is no
`webApplicationInfo`, which only single sign-on and resource-specific permissions need, and no
`ChannelMessage.Read.Group`, with which the bot would be told everything that is said in a channel.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from commands.framework.command import Command
from commands.framework.usage import example, parameters

MOST_IN_MENU: Final = 12
"""How many commands a menu of Teams holds."""

_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NIL: Final = "00000000-0000-0000-0000-000000000000"
_HOST: Final = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")
_VERSION: Final = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}")
_ADDRESS: Final = re.compile(r"https://[^\s/?#@:]+\.[^\s/?#@:]+(/\S*)?")
_MOST_NAME: Final = 30
_MOST_DEVELOPER: Final = 32
_MOST_ADDRESS: Final = 2_048

Json = dict[str, object]


@dataclass(frozen=True)
class App:
    """Settings that differ from one installation to the next. Raises ValueError with a reason and an example.

    `app_id` is that of the Azure Bot, `host` the public name at which Teams reaches it, `version` three numbers that
    must grow with each upload. The addresses of `website`, `privacy` and `terms` are shown to whoever looks at the app;
    left empty, they are the bot's own page.
    """

    app_id: str
    host: str
    version: str
    name: str = "JupyterHub"
    developer: str = "Our JupyterHub team"
    website: str = ""
    privacy: str = ""
    terms: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "app_id", self.app_id.strip().lower())
        object.__setattr__(self, "host", self.host.strip().lower())
        _check_id(self.app_id)
        _check_host(self.host)
        if not _VERSION.fullmatch(self.version):
            raise ValueError(f"the version “{self.version}” must be three numbers separated by dots, such as 1.0.3")
        _check_words("the name", self.name, _MOST_NAME, "JupyterHub test")
        _check_words("the developer", self.developer, _MOST_DEVELOPER, "Data science, DTU")
        for what in ("website", "privacy", "terms"):
            _check_address(what, getattr(self, what) or self.about)

    @property
    def about(self) -> str:
        """Address of the bot's own page about itself."""
        return f"https://{self.host}/about"

    @property
    def endpoint(self) -> str:
        """Messaging endpoint that the Azure Bot must have."""
        return f"https://{self.host}/api/messages"


def manifest(app: App, template: Mapping[str, object], commands: Sequence[Command]) -> Json:
    """Return the whole manifest; `template` is what is the same for every installation.

    Raise ValueError where more commands want to be in the menu than it holds.
    """
    return {
        **template,
        "id": app.app_id,
        "version": app.version,
        "name": {**_object(template, "name"), "short": app.name},
        "developer": {
            "name": app.developer,
            "websiteUrl": app.website or app.about,
            "privacyUrl": app.privacy or app.about,
            "termsOfUseUrl": app.terms or app.about,
        },
        "bots": [_bot(app, _in_menu(commands))],
        "validDomains": [app.host],
    }


def _bot(app: App, menu: Sequence[Command]) -> Json:
    # In a personal chat nothing can be private to one person, so Teams has no slash menu there. What is picked from a
    # slash menu may be sent as it is; what a mention or an empty chat offers is put where people write.
    slash, starters = [_picked(command) for command in menu], [_starter(command) for command in menu]
    return {
        "botId": app.app_id,
        "scopes": ["team", "groupChat", "personal"],
        "supportsTargetedMessages": True,
        "commandLists": [
            {"scopes": ["team", "groupChat"], "triggers": ["slash"], "commands": slash},
            {"scopes": ["team", "groupChat"], "triggers": ["mention"], "commands": starters},
            {"scopes": ["personal"], "triggers": ["mention"], "commands": starters},
        ],
    }


def _in_menu(commands: Sequence[Command]) -> list[Command]:
    chosen = [command for command in commands if command.in_menu]
    if len(chosen) > MOST_IN_MENU:
        names = ", ".join(command.name for command in chosen)
        raise ValueError(f"a Teams menu holds {MOST_IN_MENU} commands, but {len(chosen)} are marked for it: {names}")
    return chosen


def _picked(command: Command) -> Json:
    return {"title": command.name, "description": _described(command)}


def _starter(command: Command) -> Json:
    """Return a prompt starter: what it is for, and the line that it puts where people write."""
    line = _line(command)
    return {"title": command.summary.removesuffix("."), "description": line, "type": "prompt", "prompt": line}


def _line(command: Command) -> str:
    """Return the line to type: the name alone where that is enough, else an example."""
    if any(parameter.required for parameter in parameters(command.args)):
        return example(command).removeprefix("/jhub ")
    return command.name


def _described(command: Command) -> str:
    """Return what the command does, and what to type behind it before sending, where that is needed."""
    line = _line(command)
    return command.summary if line == command.name else f"{command.summary} For example: {line}"


def _object(template: Mapping[str, object], name: str) -> Mapping[str, object]:
    inner = template.get(name)
    return inner if isinstance(inner, dict) else {}


def _check_id(app_id: str) -> None:
    if not _GUID.fullmatch(app_id) or app_id == _NIL:
        raise ValueError(
            f"“{app_id}” is not an app id. Use the “Microsoft App ID” of the Azure Bot, "
            "such as 3b5e7c1a-9d2f-4e6b-8a0c-5f7d9e1b3c2a"
        )


def _check_host(host: str) -> None:
    wrong = {
        "it has a scheme": "://" in host,
        "it has a path": "/" in host.partition("://")[2] or ("/" in host and "://" not in host),
        "it has a port": bool(re.search(r":\d+", host)),
        "it has a space": bool(re.search(r"\s", host)),
        "it is an IP address, not a name": bool(re.fullmatch(r"[0-9.]+|\[?[0-9a-f]*:[0-9a-f:.]*\]?", host)),
        "it is not ASCII: write it as xn--…": not host.isascii(),
    }
    reasons = [reason for reason, is_so in wrong.items() if is_so]
    if reasons or not _HOST.fullmatch(host):
        why = "; ".join(reasons) or "it is not the full public name of a host"
        raise ValueError(f"“{host}” is not a host name: {why}. Use the bare name, such as bot.example.org")


def _check_words(what: str, words: str, most: int, such_as: str) -> None:
    if not words.strip() or len(words) > most or not words.isprintable():
        raise ValueError(f"{what} “{words}” must have 1 to {most} printable characters, such as {such_as}")


def _check_address(what: str, address: str) -> None:
    if not _ADDRESS.fullmatch(address) or len(address) > _MOST_ADDRESS:
        raise ValueError(f"{what} “{address}” must be an https address, such as https://example.org/{what}")
