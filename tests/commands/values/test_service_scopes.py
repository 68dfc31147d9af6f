"""Services that lose rights by a change, the bot's own among them."""

import pytest

from commands.values.service_scopes import lost_rights

SCOPES = ["list:users", "read:servers"]


def hub(services=("jhub-bot",), roles=None, **traits):
    return {"hub": {"services": {name: dict(traits) for name in services}, "loadRoles": roles or {}}}


def role(*scopes, services=("jhub-bot",)):
    return {"scopes": list(scopes), "services": list(services)}


LIVE = hub(roles={"bot": role(*SCOPES)})


@pytest.mark.parametrize(
    ("after", "begin"),
    [
        (LIVE, ""),
        (hub(roles={"a": role("list:users"), "b": role("read:servers")}), ""),
        (hub(admin=True), ""),
        (hub(), "The service jhub-bot loses list:users, read:servers. It is the bot’s own"),
        (hub(roles={"bot": role("list:users")}), "The service jhub-bot loses read:servers."),
        ({"hub": {}}, "The service jhub-bot is removed, and with it list:users, read:servers."),
        ({"hub": {"loadRoles": "?", "services": ["jhub-bot"]}}, "The service jhub-bot is removed"),
    ],
)
def test_what_a_service_loses_is_told(after, begin):
    told = lost_rights(LIVE, after)
    assert (told[0].startswith(begin) and len(told) == 1) if begin else told == ()


def test_only_the_bots_service_is_called_its_own():
    before = hub(("culler",), {"c": role("admin:servers", services=("culler",))})
    assert lost_rights(before, hub(("culler",))) == ("The service culler loses admin:servers.",)
    assert lost_rights(hub(admin=True), hub()) == (
        "The service jhub-bot loses every right (admin). It is the bot’s own: it could no longer do what needs them.",
    )


def test_many_are_counted():
    before = hub(roles={"bot": role(*(f"read:{number}" for number in range(9)))})
    assert "and 3 more." in lost_rights(before, hub())[0]
