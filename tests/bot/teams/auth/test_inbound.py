"""Without an app id, only this machine is served, and nothing that came to it through somebody else."""

import pytest

from bot.teams import TeamsSettings, check_host
from bot.teams.service_urls import is_loopback, may_send_to

LOCAL = "http://localhost:56150/_connector"


async def test_this_machine_is_served(local, kit, listener):
    assert (await local.post("/api/messages", json=kit.activity(serviceUrl=LOCAL))).status == 200
    await kit.eventually(lambda: listener.messages)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
        {"Host": "evil.example:3978"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": ""},
    ],
)
async def test_nothing_passed_on_is_served(local, kit, listener, headers):
    response = await local.post("/api/messages", json=kit.activity(serviceUrl=LOCAL), headers=headers)
    assert response.status == 403
    await kit.settle()
    assert not listener.messages


@pytest.mark.parametrize("url", ["https://smba.trafficmanager.net/emea/", "http://10.0.0.1/", "http://localhost.evil/"])
async def test_no_answer_leaves_this_machine(local, kit, url):
    assert (await local.post("/api/messages", json=kit.activity(serviceUrl=url))).status == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "::ffff:127.0.0.1"])
def test_loopback_hosts(host):
    assert is_loopback(host)
    check_host(host, TeamsSettings())


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "10.0.0.1", "example.org", "localhost.example.org"])  # noqa: S104 - refused here
def test_other_hosts_need_an_app_id(host):
    assert not is_loopback(host)
    with pytest.raises(ValueError, match="without an app id"):
        check_host(host, TeamsSettings())


def test_with_an_app_id_any_host_may_be_listened_on(cloud_settings):
    check_host("0.0.0.0", cloud_settings)  # noqa: S104 - that is the point


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://smba.trafficmanager.net/emea/", True),
        ("https://europe.webchat.botframework.com/", True),
        ("https://smba.infra.gcc.teams.microsoft.com/teams", True),
        ("https://other.trafficmanager.net/", False),
        ("https://botframework.com.evil.example/", False),
        ("https://evilbotframework.com/", False),
        ("https://user@smba.trafficmanager.net/", False),
        ("https://smba.trafficmanager.net/?x=1", False),
        ("http://smba.trafficmanager.net/", False),
        ("http://localhost:1/", False),
        ("https:///x", False),
        ("::", False),
    ],
)
def test_where_a_token_may_go(cloud_settings, url, allowed):
    assert may_send_to(url, cloud_settings) is allowed


def test_settings_that_would_serve_everyone_are_refused():
    with pytest.raises(ValueError, match="tenants"):
        TeamsSettings(app_id="x", secret=lambda: "s")
    with pytest.raises(ValueError, match="secret"):
        TeamsSettings(app_id="x", tenants=("t",))
    assert "s3cret" not in repr(TeamsSettings(app_id="x", tenants=("t",), secret=lambda: "s3cret"))
