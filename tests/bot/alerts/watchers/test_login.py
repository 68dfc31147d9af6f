"""The login page must lead to the release's own tenant and client, and people back to the hub."""

import pytest

from bot.alerts.finding import Severity
from bot.alerts.watchers import login
from clients.entra.login_page import PAGE
from clients.errors import Unavailable
from clients.http import NOT_ACCEPTED
from tests.world.login import LoginWorld


@pytest.mark.parametrize(
    ("page", "keys", "words"),
    [
        ({}, [], ""),
        ({"client_id": "other"}, ["login elsewhere"], "a different client than"),
        ({"tenant": "other"}, ["login elsewhere"], "a different tenant than"),
        ({"tenant": "other", "client_id": "other"}, ["login elsewhere"], "a different tenant and client than"),
        ({"callback": "https://old.example.org/"}, ["login callback"], "are not sent back"),
    ],
)
async def test_where_it_leads(page, keys, words):
    found = await login.look(LoginWorld(page=page).reads)
    assert [one.key for one in found] == keys
    assert all(one.severity is Severity.CRITICAL and words in one.title for one in found)


async def test_a_page_that_cannot_be_opened_is_no_sign_of_health():
    with pytest.raises(Unavailable, match="answers with 503"):
        await login.look(LoginWorld(page=Unavailable(PAGE, "answers with 503")).reads)


async def test_a_bad_certificate_is_the_certificates_alert():
    assert await login.look(LoginWorld(page=Unavailable(PAGE, NOT_ACCEPTED)).reads) == ()


async def test_without_a_live_release_there_is_nothing_to_say():
    assert await login.look(LoginWorld(releases=[]).reads) == ()
