"""The pages about commands, written from their declarations whenever the site is built: a page for each topic."""

import re
from collections.abc import Iterator
from html import escape

from card_pictures import GOLDEN, SHOWN, current
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from commands.catalogue import catalogue
from commands.help import asks
from commands.spec import Command, Level, Query
from commands.usage import Parameter, common, example, parameters, usage

# title, first words of the commands' names, the page that tells more
_TOPICS = {
    "looking": ("Looking", "status pods logs events users why report", "../logs.md"),
    "deploying": ("Deploying and going back", "deploy rollback repair history upgrade", "../deploying.md"),
    "values": ("The hub's values", "config", "../values.md"),
    "images": ("Images", "images image prepull notebooks", "../images.md"),
    "servers": ("Users' servers", "server servers", "../images.md"),
    "homes": ("Homes", "storage", "../permissions.md"),
    "nodes": ("Nodes, cluster, cost", "nodes autoscale scale pool cluster dashboard schedule cost", "../azure.md"),
    "login": ("Login and certificate", "auth cert", "../login.md"),
    "alerts": ("Alerts", "alerts doctor", "../alerts.md"),
    "bot": ("The bot itself", "approvals operations cancel audit whoami help", "../permissions.md"),
}
_MORE = "more"
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|])")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages under “Commands” in the navigation."""
    pages = [{title: f"commands/{page}.md"} for page, (title, _) in _by_topic().items()]
    config.nav = [{"Commands": ["commands/index.md", *pages]} if "Commands" in item else item for item in config.nav]
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages."""
    topics = _by_topic()
    files.append(File.generated(config, "commands/index.md", content="\n".join(_index(topics))))
    for page, (title, members) in topics.items():
        content = "\n".join(_topic(title, _TOPICS.get(page, ("", "", ""))[2], members))
        files.append(File.generated(config, f"commands/{page}.md", content=content))
    return files


def _by_topic() -> dict[str, tuple[str, list[Command]]]:
    """What there is, by page; a command whose first word no topic names has its place in “More”."""
    pages = {word: page for page, (_, words, _) in _TOPICS.items() for word in words.split()}
    found: dict[str, list[Command]] = {page: [] for page in (*_TOPICS, _MORE)}
    for command in catalogue():
        found[pages.get(command.name.split()[0], _MORE)].append(command)
    return {page: (_TOPICS.get(page, ("More",))[0], members) for page, members in found.items() if members}


def _index(topics: dict[str, tuple[str, list[Command]]]) -> Iterator[str]:
    yield "# Commands\n"
    yield "Everything that can be typed, who may, and whom it asks before it acts. Each topic has a page that shows"
    yield "what a command takes. This list is made from the commands' own declarations.\n"
    yield "In a channel, mention the bot first: `@JupyterHub /jhub status`. `status`, `/status`, `jhub status` and"
    yield "`/jhub status` are the same, capitals do not matter, and an unknown word gets the nearest command."
    yield "What the configuration adds (`approvals.policy`) counts on top: [who may do what](../permissions.md).\n"
    for page, (title, members) in topics.items():
        yield f"\n## {title}\n\n| | | who | asks |\n|---|---|---|---|"
        for command in members:
            link = f"[`/jhub {command.name}`]({page}.md#{_anchor(command)})"
            yield f"| {link} | {_plain(command.summary)} | {_who(command.level)} | {_asks(command)} |"


def _topic(title: str, more: str, members: list[Command]) -> Iterator[str]:
    yield f"# {title}\n"
    yield "What can be typed here, and what it takes. Square brackets: may be left out."
    yield f"[More about it]({more}).\n" if more else ""
    for command in members:
        yield from _section(command)


def _section(command: Command) -> Iterator[str]:
    yield f"\n## /jhub {command.name} {{ #{_anchor(command)} }}\n\n{_plain(command.summary)}\n"
    yield f"```\n{usage(command)}\n```\n"
    yield f"**Who:** {_who(command.level)} · **Asks:** {_asks(command)}\n"
    if command.details:
        yield f"{_plain(command.details)}\n"
    if taken := (*parameters(command.args), *common(command)):
        yield "| takes | what it is | such as |\n|---|---|---|"
        yield from (_row(parameter) for parameter in taken)
    yield f"\nFor example:\n\n```\n{example(command)}\n```\n"
    if card := SHOWN.get(command.name):
        yield from _card(command, card)


def _row(parameter: Parameter) -> str:
    given = f"{parameter.flag} {parameter.spec.example}".strip() if parameter.spec.example else parameter.flag
    return f"| `{parameter.usage}` | {_plain(parameter.spec.help)} | {f'`{given}`' if given else ''} |"


def _card(command: Command, card: str) -> Iterator[str]:
    if current(card):
        title = escape(f"The card of /jhub {command.name}", quote=True)
        for theme, when in (("light", "by-day"), ("dark", "by-night")):
            yield f"![{title}](../pictures/cards/{card}-{theme}.png){{ .card .{when} loading=lazy }}"
        return
    yield f"```\n{(GOLDEN / f'{card}.txt').read_text('utf-8').strip()}\n```"


def _asks(command: Command) -> str:
    return "nobody" if isinstance(command, Query) else asks(command)


def _who(level: Level) -> str:
    return "everyone" if level is Level.ANYONE else f"{level.title}s and above"


def _anchor(command: Command) -> str:
    return command.name.replace(" ", "-")


def _plain(text: str) -> str:
    """A text of a declaration, as Markdown that shows it letter by letter."""
    return _MARKUP.sub(r"\\\1", text)
