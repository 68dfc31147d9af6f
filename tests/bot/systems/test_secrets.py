"""Secrets by reference: where they are read, and what is said where there are none."""

import pytest

from bot.config import ConfigError, settings_from
from bot.systems.secrets import from_file, from_secret
from clients.errors import NotFound, Unavailable

KEY = "hub.services.jhub-bot.apiToken"


def holding(**secrets):
    async def secret(name):
        if name not in secrets:
            raise NotFound(f"There is no Secret {name}")
        return secrets[name]

    return secret


async def test_a_token_of_a_secret_is_read_whenever_it_is_needed():
    held = {KEY: b"first\n"}
    token = from_secret(holding(hub=held), "hub", KEY, "the hub")
    assert await token() == "first"
    held[KEY] = b"second"
    assert await token() == "second"


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ({}, "there is no Secret hub, which the chart makes"),
        ({"hub": {}}, f"the Secret hub has no token under {KEY}"),
        ({"hub": {KEY: b"\xff\xfe"}}, f"the Secret hub has no token under {KEY}"),
    ],
)
async def test_what_is_missing_is_named_and_nothing_is_shown(held, why):
    with pytest.raises(Unavailable) as raised:
        await from_secret(holding(**held), "hub", KEY, "the hub")()
    assert why in str(raised.value)


async def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(Unavailable, match="cannot be read"):
        await from_file(tmp_path / "none", "the hub")()


def test_the_usual_place_of_the_token_is_the_charts():
    secret = settings_from({"hub": {"token_secret": {}}}).hub.token_secret
    assert (secret.name, secret.key) == ("hub", KEY)


@pytest.mark.parametrize(
    ("hub", "why"),
    [
        ({"token_secret": {}, "token_file": "/t"}, "not in both"),
        ({"token_secret": {"name": "../x"}}, "token_secret.name"),
        ({"token_secret": {"key": "a b"}}, "token_secret.key"),
    ],
)
def test_what_makes_no_sense_is_refused(hub, why):
    with pytest.raises(ConfigError, match=why):
        settings_from({"hub": hub})
