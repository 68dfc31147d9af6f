"""Where Prometheus is, how it is asked, and what `config check` says of it."""

import contextlib
from datetime import timedelta

import pytest
from aiohttp import web

from bot.config.loading import settings_from
from bot.config.types import ConfigError
from bot.config_tools.check import check
from bot.config_tools.summary import off
from bot.secrets.reader import Secrets
from bot.wiring.prometheus import prometheus_of
from clients.errors import Unavailable
from clients.prometheus import METRICS

WORKSPACE = "https://hub-ab12.westeurope.prometheus.monitor.azure.com"


def section(**given):
    return settings_from({"prometheus": given}).prometheus


def test_without_an_address_it_is_off():
    settings = settings_from({})
    assert settings.prometheus.url == ""
    assert "how full homes are, and alerts before they are full (prometheus.url)" in list(off(settings))
    assert not any("prometheus" in line for line in off(settings_from({"prometheus": {"url": WORKSPACE}})))


@pytest.mark.parametrize(
    ("url", "audience"),
    [
        (WORKSPACE, "https://prometheus.monitor.azure.com"),
        ("https://hub.usgovvirginia.prometheus.monitor.azure.us/", "https://prometheus.monitor.azure.us"),
        ("https://hub.chinanorth3.prometheus.monitor.azure.cn", "https://prometheus.monitor.azure.cn"),
        ("http://prometheus.monitoring.svc.cluster.local:9090", ""),
        ("https://prometheus.monitor.azure.com.example.org", ""),
        ("https://xprometheus.monitor.azure.com", ""),
    ],
)
def test_a_token_is_for_a_workspace_of_azure_and_its_cloud(url, audience):
    assert section(url=url).audience == audience


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"url": "prometheus:9090"}, "url"),
        ({"url": "http://user:word@prometheus"}, "url"),
        ({"url": f"{WORKSPACE}/api?x=1"}, "url"),
        ({"url": WORKSPACE.replace("https", "http")}, "must begin with https"),
        ({"url": "http://prometheus:9090", "token": "env:TOKEN"}, "must begin with https"),
        ({"url": "http://prometheus:9090", "identity": "AzureCli"}, "identity is for an Azure Monitor workspace"),
        ({"identity": "Nobody"}, "identity"),
        ({"labels": {"a b": "c"}}, "labels"),
        ({"labels": {"cluster": "x" * 201}}, "labels"),
        ({"labels": ["cluster"]}, "labels"),
        ({"history": "32d"}, "from 1d to 31d"),
        ({"history": "6h"}, "from 1d to 31d"),
        ({"history": "0d"}, "history"),
        ({"token": "env:A", "token_file": "/t"}, "not both"),
    ],
)
def test_what_cannot_be_is_refused(given, why):
    with pytest.raises(ConfigError, match=why):
        section(**given)


def test_a_sandboxs_token_may_stay_on_this_machine():
    assert section(url="http://127.0.0.1:9090", token_file="/t").token_file
    assert section(url=WORKSPACE, history="31d").history == timedelta(days=31)


def test_a_further_hub_has_its_own():
    hub = {"kubernetes": {"namespace": "b"}, "hub": {"url": "http://b"}, "values": {}}
    settings = settings_from({"prometheus": {"url": WORKSPACE}, "hubs": {"b": hub}})
    assert settings.of("b").prometheus.url == WORKSPACE
    settings = settings_from({"prometheus": {"url": WORKSPACE}, "hubs": {"b": hub | {"prometheus": {"url": ""}}}})
    assert settings.of("b").prometheus.url == ""


# The client that is made


async def made(**given):
    async with contextlib.AsyncExitStack() as stack:
        settings = settings_from({"prometheus": given})
        client = prometheus_of(settings, Secrets(settings, stack), stack)
        return client and client._api._token


async def test_who_is_asked_and_with_which_token(tmp_path, monkeypatch):
    (tmp_path / "token").write_text("canary\n")
    assert await made() is None
    assert await made(url="http://prometheus:9090") is None
    token = await made(url="https://prometheus", token_file=str(tmp_path / "token"))
    assert await token() == "canary"
    monkeypatch.delenv("IDENTITY_ENDPOINT", raising=False)
    azures = await made(url=WORKSPACE, identity="AzureCli")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="Prometheus gave the bot no token"):
        await azures()


# config check


class Place:
    """A Prometheus that has so many series of each metric."""

    def __init__(self, series):
        self.series = series

    async def query(self, request):
        query = (await request.post())["query"]
        name = next(one for one in sorted(METRICS, key=len, reverse=True) if f"{one}{{" in query)
        count = self.series.get(name, 0)
        result = [{"metric": {}, "value": [1.0, str(count)]}] if count else []
        return web.json_response({"status": "success", "data": {"resultType": "vector", "result": result}})


async def warned(tmp_path, url, *, elsewhere=False):
    file = tmp_path / "bot.yaml"
    file.write_text(f"prometheus: {{url: '{url}'}}\nstate_dir: {tmp_path}\n")
    found = await check(file, elsewhere=elsewhere)
    assert found.mistakes == 0
    return [(one.place, one.what, one.spot) for one in found.warnings if one.place.startswith("prometheus")]


@pytest.mark.parametrize(
    ("series", "what"),
    [
        (dict.fromkeys(METRICS, 3), None),
        ({}, "has no measurement of a volume in the namespace jhub"),
        (dict.fromkeys(METRICS[:3], 3), "does not have kubelet_volume_stats_inodes, kubelet_volume_stats_inodes_used"),
    ],
)
async def test_the_check_says_whether_it_has_the_metrics(aiohttp_server, tmp_path, series, what):
    app = web.Application()
    app.add_routes([web.post("/api/v1/query", Place(series).query)])
    server = await aiohttp_server(app)
    found = await warned(tmp_path, f"http://127.0.0.1:{server.port}")
    assert [one[0] for one in found] == ([] if what is None else ["prometheus.url"])
    assert what is None or what in found[0][1]
    assert all(one[2] for one in found), "with the line where the address stands"


async def test_one_that_does_not_answer_is_a_warning_and_not_asked_elsewhere(tmp_path, unused_tcp_port):
    url = f"http://127.0.0.1:{unused_tcp_port}"
    ((place, what, _),) = await warned(tmp_path, url)
    assert place == "prometheus.url"
    assert what == "Prometheus cannot be reached. Where the bot runs elsewhere, add --elsewhere"
    assert await warned(tmp_path, url, elsewhere=True) == []
