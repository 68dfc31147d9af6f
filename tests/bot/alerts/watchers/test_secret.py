"""The login's client secret: what is told at which age, and when Entra itself is asked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.finding import Severity
from bot.alerts.watchers import secret
from clients.errors import Unavailable
from tests.world import release
from tests.world.login import OLD, Entra, LoginWorld, kept, values, without

OUT = Unavailable("Microsoft Graph", "refused (403): the bot needs Application.Read.All")


def lasting(days):
    return LoginWorld(entra=Entra(known=[kept("key-old", OLD, days)]), endpoint=Unavailable("Entra", "was asked"))


@pytest.mark.parametrize(
    ("days", "severity", "step"),
    [
        (30, Severity.NOTE, 0),
        (15, Severity.NOTE, 0),
        (14, Severity.WARNING, 0),
        (8, Severity.WARNING, 0),
        (7, Severity.WARNING, 1),
        (2, Severity.WARNING, 1),
        (1, Severity.CRITICAL, 0),
        (0, Severity.CRITICAL, 0),
    ],
)
async def test_each_step_of_its_age_is_heavier_and_entra_is_not_asked(days, severity, step):
    (found,) = await secret.look(lasting(days).reads)
    assert (found.key, found.severity, found.step) == ("secret", severity, step)
    assert dict(found.buttons[0].data)["line"] == "/jhub auth rotate"
    assert OLD[:3] not in repr(found)


async def test_a_month_is_long_enough():
    assert await secret.look(lasting(31).reads) == []


async def test_an_expired_one_says_what_users_see():
    (found,) = await secret.look(LoginWorld(entra=Entra(known=[kept("key-old", OLD, -2)])).reads)
    assert found.severity is Severity.CRITICAL
    assert "expired 1 day ago" in found.cause
    assert "500: Internal Server Error" in found.cause
    assert found.weight > (await secret.look(lasting(0).reads))[0].weight


async def test_one_that_was_removed_is_found_out_by_asking_entra():
    (found,) = await secret.look(LoginWorld(entra=Entra(known=[])).reads)
    assert "is no longer in the app registration" in found.cause


async def test_entras_word_is_above_graphs_list():
    """Graph's list may be some seconds old: what Entra takes is good."""

    class Takes:
        async def accepts(self, *_):
            return True

    world = LoginWorld(entra=Entra(known=[]))
    assert await secret.look(replace(world.reads, login=Takes())) == []


async def test_without_graph_a_bad_one_is_told_and_a_good_ones_age_is_unknown():
    with pytest.raises(Unavailable, match="403"):
        await secret.look(LoginWorld(entra=Entra(out=OUT)).reads)
    world = LoginWorld(entra=Entra(known=[], out=OUT))
    (found,) = await secret.look(world.reads)
    assert found.severity is Severity.CRITICAL


async def test_where_neither_tells_nobody_says_that_all_is_well():
    world = LoginWorld(entra=Entra(out=OUT), endpoint=Unavailable("Entra", "cannot be reached"))
    with pytest.raises(Unavailable, match="Entra cannot be reached"):
        await secret.look(world.reads)


@pytest.mark.parametrize("given", [without("client_secret"), values() | {"hub": {"existingSecret": "its-own"}}, {}])
async def test_a_secret_that_is_not_in_the_values_is_none_of_its_business(given):
    assert await secret.look(LoginWorld(releases=[release(3, values=given)]).reads) == ()


async def test_one_of_several_that_lasts_is_enough():
    entra = Entra(known=[kept("a", OLD, 3), kept("b", OLD[:3] + "other", 100, age=150)])
    assert await secret.look(LoginWorld(entra=entra).reads) == []


def test_it_looks_often_enough():
    watcher = secret.WATCHER
    assert watcher.every + watcher.dwell <= timedelta(minutes=1)
