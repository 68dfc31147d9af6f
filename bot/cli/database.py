"""`jhub-bot migrate` and `jhub-bot audit`: the bot's tables, looked at beside a bot that runs or without one."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import click

from bot.audit import verification
from bot.config.loading import load
from bot.config.settings import Settings
from bot.config.types import ConfigError
from bot.store.connect import opened, store_url
from bot.store.database import Database
from clients.errors import Unavailable


def migrate(config: Path | None) -> int:
    """Create or change the tables. Return the exit status: 0, or 2 where that cannot be done."""

    def work(settings: Settings) -> int:
        for name in settings.hub_names:
            with opened(settings.of(name)) as database:
                database.migrate()
        click.echo("The database tables are up to date.")
        return 0

    return _with(config, work)


def verify(config: Path | None, hub: str | None = None) -> int:
    """Check the chain of hashes. Return the exit status: 0, 1 where it is broken, 2 where it cannot be read."""

    def work(settings: Settings) -> int:
        with closing(_beside(settings.named(hub))) as database:
            count, last, gaps = verification.verify(database)
        for gap in gaps:
            click.echo(f"entry {gap.number}: {gap.what}", err=True)
        click.echo(f"{count} entries, {'nothing is wrong' if not gaps else f'{len(gaps)} are not as written'}.")
        click.echo(f"The last one's hash is {last}: compare it with the bot's log.")
        return 1 if gaps else 0

    return _with(config, work)


def export(config: Path | None, form: str, say: Callable[[str], None], hub: str | None = None) -> int:
    """Print the trail. Return the exit status: 0, or 2 where it cannot be read."""

    def work(settings: Settings) -> int:
        with closing(_beside(settings.named(hub))) as database:
            for line in verification.export(database, form):
                say(line)
        return 0

    return _with(config, work)


def _beside(settings: Settings) -> Database:
    """Return the tables, for reading while a bot may be running. Raise ValueError where there are none."""
    url = store_url(settings, "bot")
    if settings.store.place_of("url") is None and not (settings.state_dir / "bot.sqlite").exists():
        raise ValueError(f"there are no records in {settings.state_dir} (state_dir)")
    return Database(url, settings.store.schema_name)


def _with(config: Path | None, work: Callable[[Settings], int]) -> int:
    try:
        return work(load(config))
    except ConfigError as error:
        click.echo(f"The configuration cannot be used:\n{error}", err=True)
    except (ValueError, Unavailable) as error:
        click.echo(f"{str(error)[:1].upper()}{str(error)[1:]}.", err=True)
    return 2
