"""The times in each watcher's declaration, put under its heading in the page about alerts."""

import re
from datetime import timedelta

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from bot.alerts.finding import Watcher
from bot.alerts.watchers import watchers

_HEADING = re.compile(r"^### `(?P<name>[a-z]+)`.*$", re.MULTILINE)


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Add each watcher's interval and patience under its heading."""
    del config, files
    if page.file.src_uri != "alerts.md":
        return markdown
    known = {watcher.name: watcher for watcher in watchers()}
    return _HEADING.sub(
        lambda found: f"{found[0]}\n\n*{_times(known[found['name']])}*\n" if found["name"] in known else found[0],
        markdown,
    )


def _times(watcher: Watcher) -> str:
    at_once = ", and when something changes in the cluster" if watcher.by_cluster else ""
    told = f"told after {_length(watcher.dwell)}" if watcher.dwell else "told at once"
    over = f"over after {_length(watcher.clear)} without it" if watcher.clear else "over at once"
    return f"Looks every {_length(watcher.every)}{at_once}; {told}; {over}."


def _length(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0 and seconds:
            return unit if seconds == size else f"{seconds // size} {unit}s"
    return f"{seconds} seconds"
