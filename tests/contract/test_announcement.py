"""A real JupyterHub shows what the bot announces: by the template variable of the example's values, or a service."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from clients.errors import Forbidden
from clients.hub import AnnouncementClient
from commands.announcements.banner import CONFIG_MAP, FILE, BannerWay, show
from tests.contract.hubs import BOT, MAKER, given
from tests.world import Doing, World


async def page(real):
    async with real.http.get(f"{real.url}/hub/login") as answer:
        assert answer.status == 200
        return await answer.text()


async def test_the_hubs_login_page_shows_it_without_a_restart_and_until_it_ends(real, jupyterhub):
    assert "announcement alert" not in await page(real)
    for until, is_shown in ((timedelta(hours=1), True), (timedelta(seconds=-1), False)):
        world = World()
        await show(BannerWay.VARIABLE, "Back <i>soon</i>", datetime.now(UTC) + until, Doing(world).writes)
        (jupyterhub.folder / FILE).write_text(world.config_maps[CONFIG_MAP][FILE], encoding="utf-8")
        assert ("Back &lt;i&gt;soon&lt;/i&gt;" in await page(real)) is is_shown


async def test_a_service_takes_it_from_the_bots_token_and_no_other(real):
    end = time.monotonic() + 30
    while (await real.raw("GET", "/services/announcement/"))[0] != 200:
        assert time.monotonic() < end
        await real.live()
    client = AnnouncementClient(real.url, lambda: given(BOT))
    await client.show("Back soon")
    assert await real.raw("GET", "/services/announcement/") == (200, {"announcement": "Back soon"})
    await client.clear()
    assert await real.raw("GET", "/services/announcement/") == (200, {"announcement": ""})
    await client.close()
    stranger = AnnouncementClient(real.url, lambda: given(MAKER))
    with pytest.raises(Forbidden):
        await stranger.show("x")
    await stranger.close()
