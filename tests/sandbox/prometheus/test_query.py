"""The sandbox's Prometheus as anybody asks it. Its answers are held against a real one in tests/contract."""

from datetime import UTC, datetime

import pytest

from sandbox.apiserver.objects.resource_kinds import PERSISTENT_VOLUME_CLAIM, POD
from sandbox.clock import ManualClock
from sandbox.faults import home
from sandbox.kubelet.volume_stats import of_claim
from sandbox.prometheus.evaluation import evaluate
from sandbox.prometheus.promql import parse
from sandbox.prometheus.query_routes import QueryRoutes
from sandbox.prometheus.scraper import FAULTS, INTERVAL, Prometheus
from sandbox.prometheus.time_series import Span, TimeSeries
from sandbox.server import Options, running

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
AT = NOW.timestamp()
A = frozenset({("__name__", "m"), ("node", "a")})
B = frozenset({("__name__", "m"), ("node", "b")})


def asked(series, query, at=AT):
    return {dict(labels).get("node", ""): value for labels, value in evaluate(series, parse(query), at).items()}


class Client:
    """A Prometheus with one series, and somebody who asks it by hand."""

    def __init__(self, aiohttp_client):
        self.prometheus = Prometheus(ManualClock(NOW), lambda: {A: 5.0})
        self.prometheus.scrape()
        self._client = aiohttp_client

    async def start(self):
        self.http = await self._client(QueryRoutes(self.prometheus).app())
        return self

    async def ask(self, query="m", token=None, **more):
        headers = {"Authorization": f"Bearer {self.prometheus.token if token is None else token}"}
        async with self.http.post("/api/v1/query", data={"query": query, **more}, headers=headers) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def client(aiohttp_client):
    return await Client(aiohttp_client).start()


async def test_a_value_comes_with_the_time_that_it_is_asked_for(client):
    status, answer = await client.ask()
    assert status == 200
    assert answer["data"]["result"] == [{"metric": {"__name__": "m", "node": "a"}, "value": [AT, "5"]}]
    _, answer = await client.ask(time=str(AT - 60))
    assert answer["data"]["result"] == [], "it had not been scraped then"
    status, answer = await client.ask(time="yesterday")
    assert (status, answer["errorType"]) == (400, "bad_data")


async def test_who_has_no_token_is_told_nothing(client):
    assert (await client.ask(token="wrong"))[0] == 401


@pytest.mark.parametrize("fault", [one for one in FAULTS if one not in ("", "absent", "slow")])
async def test_it_can_be_at_fault(client, fault):
    client.prometheus.fault = fault
    status, answer = await client.ask()
    assert status == (403 if fault == "denied" else 200)
    assert ("data" in answer) is (fault in ("partial", "bare"))
    assert ("warnings" in answer) is (fault == "partial")


def test_a_series_that_is_no_longer_found_is_gone_at_once_and_still_known():
    series = TimeSeries(INTERVAL)
    for step in range(4):
        series.scrape({A: 1.0, **({B: 2.0} if step < 2 else {})}, AT + step * INTERVAL)
    end = AT + 3 * INTERVAL
    assert asked(series, "m", end) == {"a": 1.0}
    assert asked(series, "last_over_time(m[5m])", end) == {"a": 1.0, "b": 2.0}
    assert asked(series, "timestamp(m)", end) == {"a": end}
    # Nobody scrapes any more: present for five minutes, and no longer.
    assert asked(series, "m", end + 299) == {"a": 1.0}
    assert asked(series, "m", end + 301) == {}


def test_a_value_that_changed_is_what_it_was_at_its_time():
    series = TimeSeries(INTERVAL)
    for step, value in enumerate((1.0, 1.0, 3.0, 2.0)):
        series.scrape({A: value}, AT + step * INTERVAL)
    assert [asked(series, "m", AT + step * INTERVAL)["a"] for step in range(4)] == [1.0, 1.0, 3.0, 2.0]
    assert asked(series, "max_over_time(max by (node) (m)[1m:15s])", AT + 45) == {"a": 3.0}
    assert asked(series, "last_over_time(timestamp(max by (node) (m))[1h:15s])", AT + 50) == {"a": AT + 45}


def test_the_past_can_be_remembered_before_what_is_scraped():
    series = TimeSeries(INTERVAL)
    series.remember(A, Span(AT - 7200, AT - 3600, 9.0))
    assert asked(series, "m") == {}
    assert asked(series, "m", AT - 4000) == {"a": 9.0}
    series.scrape({A: 1.0}, AT)
    assert asked(series, "m") == {"a": 1.0}
    assert asked(series, "last_over_time(m[3h])") == {"a": 1.0}
    assert asked(series, "last_over_time(m[3h])", AT - 1) == {"a": 9.0}


@pytest.mark.parametrize(
    ("notes", "used", "files"),
    [
        ({"sandbox/full": "true"}, 1.0, None),
        ({"sandbox/used": "93%"}, 0.93, None),
        ({"sandbox/files": "100%"}, None, 1.0),
        ({"sandbox/used": "250%", "sandbox/files": "-3%"}, 1.0, 0.0),
        ({"sandbox/used": "much"}, None, None),
    ],
)
def test_a_volume_is_as_full_as_its_claim_says(notes, used, files):
    claim = {
        "metadata": {"namespace": "jhub", "name": "claim-ada", "annotations": notes},
        "status": {"capacity": {"storage": "10Gi"}},
    }
    exposed = of_claim(claim, {}).items()
    found = {dict(labels)["__name__"].removeprefix("kubelet_volume_stats_"): value for labels, value in exposed}
    room = found["used_bytes"] + found["available_bytes"]
    assert room == found["capacity_bytes"] - (16 << 20)
    assert (
        0.03 <= found["used_bytes"] / room <= 0.78
        if used is None
        else found["used_bytes"] / room == pytest.approx(used)
    )
    assert found["inodes_used"] + found["inodes_free"] == found["inodes"]
    if files is not None:
        assert found["inodes_used"] == found["inodes"] * files


async def test_a_sandbox_measures_what_its_pods_mount_and_remembers_the_rest():
    async with running(Options(users=20)) as sandbox:
        series, now = sandbox.prometheus.series, sandbox.clock.now().timestamp()
        query = 'max by (persistentvolumeclaim) (kubelet_volume_stats_used_bytes{namespace="jhub",cluster="jhub-aks"})'
        present = {dict(one)["persistentvolumeclaim"] for one in evaluate(series, parse(query), now)}
        mounted = {
            volume["persistentVolumeClaim"]["claimName"]
            for pod in sandbox.store.list(POD, "jhub")
            for volume in pod["spec"].get("volumes") or ()
            if "persistentVolumeClaim" in volume
        }
        assert present == mounted
        past = f"last_over_time({query}[30d:1h])"
        assert {dict(one)["persistentvolumeclaim"] for one in evaluate(series, parse(past), now)} > present
        for how in home.FILLINGS:
            (touched,) = home.begin_full(sandbox.store, sandbox.users, how)
            assert touched
        claims = sandbox.store.list(PERSISTENT_VOLUME_CLAIM, "jhub")
        assert (
            sum(any(key.startswith("sandbox/") for key in one["metadata"]["annotations"] or ()) for one in claims) == 5
        )
        home.heal(sandbox.store, sandbox.users)
        claims = sandbox.store.list(PERSISTENT_VOLUME_CLAIM, "jhub")
        assert not any(key.startswith("sandbox/") for one in claims for key in one["metadata"]["annotations"] or ())
