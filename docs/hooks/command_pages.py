"""A page for each command, written from its declaration whenever the site is built, and the table that links there."""

from collections.abc import Iterator
from html import escape

from card_pictures import GOLDEN, SHOWN, current
from command_table import MORE, asked, by_topic, plain, put, typed, who
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from commands.framework.command import Command
from commands.framework.registry import catalogue
from commands.framework.usage import Parameter, common, example, parameters, usage

_TABLE = "commands.md"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages under “Commands” in the navigation, by topic."""
    topics = [{topic.title: [{c.name: _page(c)} for c in members]} for topic, members in by_topic().items()]
    config.nav = [{"Commands": [_TABLE, *topics]} if "Commands" in item else item for item in config.nav]
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages."""
    for topic, members in by_topic().items():
        for command in members:
            content = "\n".join(_content(command, MORE[topic]))
            files.append(File.generated(config, _page(command), content=content))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Link the table to the pages, which exist in the site only."""
    del config, files
    return put(markdown, _linked) if page.file.src_uri == _TABLE else markdown


def _page(command: Command) -> str:
    return f"commands/{command.name.replace(' --', '-').replace(' ', '-')}.md"


def _linked(command: Command) -> str:
    return f"[{typed(command)}]({_page(command)})"


def _content(command: Command, more: str) -> Iterator[str]:
    yield f"# /jhub {command.name}\n\n{plain(command.summary)}\n"
    yield f"```\n{usage(command)}\n```\n"
    yield f"**Who:** {who(command)}. **Asks:** {asked(command)}.\n"
    if command.details:
        yield f"{plain(command.details)}\n"
    if taken := (*parameters(command.args), *common(command)):
        yield "## Arguments\n\n| Argument | What it is | For example |\n|---|---|---|"
        yield from (_row(parameter) for parameter in taken)
    yield f"\n## Example\n\n```\n{example(command)}\n```\n"
    if card := SHOWN.get(command.name):
        yield from _card(command, card)
    near = [one for one in catalogue() if one is not command and one.name.split()[0] == command.name.split()[0]]
    also = [f"[`/jhub {one.name}`]({_page(one).removeprefix('commands/')})" for one in near]
    yield f"\nSee also: {', '.join([*also, f'[more about it](../{more})'])}."


def _row(parameter: Parameter) -> str:
    given = f"{parameter.flag} {parameter.spec.example}".strip() if parameter.spec.example else parameter.flag
    return f"| `{parameter.usage}` | {plain(parameter.spec.help)} | {f'`{given}`' if given else ''} |"


def _card(command: Command, card: str) -> Iterator[str]:
    if current(card):
        title = escape(f"The card of /jhub {command.name}", quote=True)
        for theme, when in (("light", "by-day"), ("dark", "by-night")):
            yield f"![{title}](../pictures/cards/{card}-{theme}.png){{ .card .{when} loading=lazy }}"
        return
    yield f"```\n{(GOLDEN / f'{card}.txt').read_text('utf-8').strip()}\n```"
