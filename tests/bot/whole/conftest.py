"""What tests of the whole bot share."""

import pytest_asyncio

from bot.cli.dev.try_command import trial


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def heard():
    """A world, and the views that are shown in it."""
    views = []
    async with trial(on_view=lambda said, view: views.append((said, view))) as started:
        yield started, views
