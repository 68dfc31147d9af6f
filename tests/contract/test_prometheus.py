"""The sandbox's Prometheus is held against a real one: the same series, the same client, the same answers."""

import contextlib
import math
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from clients.errors import Unavailable
from clients.prometheus import METRICS
from clients.prometheus.expressions import Past as Steps
from clients.prometheus.expressions import last_values, matchers
from tests.contract.prometheuses import GIB, Past, imitated, real, volume

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]
# What is scraped, and nothing else: that it ends is noted.
GOING = volume("claim-going", 100, node="b")
HOUR, DAY = 3600.0, 86400.0
# What the first of the two answered, by query.
SEEN = {}

PRESENT = (
    volume("claim-ada", 50)
    | volume("claim-full", 100, files=2000)
    | volume("claim-files", 20, files=655_300)
    | volume("claim-cleaned", 12)
    | volume("claim-ada", 97, namespace="other")
    | volume("claim-ada", 98, cluster="another-aks")
    | volume("claim-share", 30, without=("available_bytes", "inodes", "inodes_used"))
    | volume("claim-dotted.name", 33, without=("used_bytes",))
    | {
        key: math.nan if dict(key)["__name__"].endswith("used_bytes") else value
        for key, value in volume("claim-nan", 60).items()
    }
)
PAST = [
    # A home that was at one node, then at another, and then nobody's.
    Past(volume("claim-left", 40, node="a"), 2 * DAY + 2 * HOUR, 2 * DAY),
    Past(volume("claim-left", 80, node="b"), DAY + HOUR, DAY),
    # Cleaned up since it was last at another node.
    Past(volume("claim-cleaned", 99, node="b"), 5 * HOUR, 4 * HOUR),
    Past(volume("claim-old", 70), 9 * DAY, 8 * DAY),
    Past(volume("claim-today", 77, node="a"), 5 * HOUR, 4 * HOUR),
    Past(volume("claim-today", 66, node="b"), 3 * HOUR, 2 * HOUR),
    # A short stay, just over.
    Past(volume("claim-brief", 55), 540, 420),
    Past(volume("hub-db-dir", 91, cluster="another-aks"), 2 * HOUR, HOUR),
    # What is there now was there before.
    Past(PRESENT, HOUR, 0),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sandbox", "real"])
async def side(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("prometheus")
    async with contextlib.AsyncExitStack() as stack:
        made = await stack.enter_async_context(imitated(PAST) if request.param == "sandbox" else real(PAST, folder))
        made.page = PRESENT | GOING
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def client(side):
    made = side.client()
    yield made
    await made.close()


async def present(side, client):
    return await side.until(client, lambda found: (one := found.get("claim-ada")) and one.mounted)


def apart(seen, ago):
    return abs((datetime.now(UTC) - seen - timedelta(seconds=ago)).total_seconds())


async def test_what_is_mounted_is_as_it_is_now_whoever_else_has_such_a_claim(side, client):
    found = await present(side, client)
    ada = found.get("claim-ada")
    assert (ada.used, ada.free, ada.capacity, ada.files, ada.most_files) == (5 * GIB, 5 * GIB, 10 * GIB, 1000, 655_360)
    assert apart(ada.seen, 0) < 45
    assert (found.get("claim-full").is_full, found.get("claim-full").percent) == (True, 100)
    files = found.get("claim-files")
    assert (files.is_out_of_files, files.is_out_of_bytes, files.percent) == (True, False, 100)
    assert found.warnings == ()


async def test_a_home_that_moved_is_as_full_as_it_was_last(side, client):
    found = await present(side, client)
    left, cleaned = found.get("claim-left"), found.get("claim-cleaned")
    assert (left.percent, left.mounted) == (80, False)
    assert apart(left.seen, DAY) <= 6 * HOUR
    assert (cleaned.percent, cleaned.mounted) == (12, True)


async def test_what_was_measured_before_the_past_that_is_looked_at_is_unknown(side, client):
    assert (await present(side, client)).get("claim-old") is None
    longer = side.client(history=timedelta(days=10))
    found = (await longer.volumes(["claim-old"])).get("claim-old")
    assert (found.percent, found.mounted) == (70, False)
    assert apart(found.seen, 8 * DAY) <= 6 * HOUR
    await longer.close()


async def test_what_ended_within_hours_is_known_to_a_quarter_of_an_hour(side, client):
    left = (await present(side, client)).get("claim-today")
    assert (left.percent, left.mounted) == (66, False)
    assert apart(left.seen, 2 * HOUR) <= 15 * 60


async def test_a_stay_of_minutes_is_known_at_once(side, client):
    brief = (await present(side, client)).get("claim-brief")
    assert (brief.percent, brief.mounted) == (55, False)
    # Where no scrape said that it is gone, it counts as present for five minutes more.
    assert apart(brief.seen, 420) <= 5 * 60 + 30


async def test_what_lacks_a_metric_is_known_by_the_others(side, client):
    found = await present(side, client)
    share, dotted = found.get("claim-share"), found.get("claim-dotted.name")
    assert (share.percent, share.free, share.most_files) == (30, 7 * GIB, 0)
    assert dotted.percent == 33
    assert found.get("claim-nan").percent == 60, "of NaN nothing follows; what is free is known"


async def test_only_those_that_are_asked_for(side, client):
    await present(side, client)
    found = await client.volumes(["claim-ada", "claim-dotted.name", "claim-nobody", 'x"} or vector(1)', ""])
    assert set(found.by_claim) == {"claim-ada", "claim-dotted.name"}
    assert (await client.volumes([])).by_claim == {}
    assert (await client.volumes(["claim-dottedxname"])).by_claim == {}


async def test_volumes_of_several_clusters_are_never_mixed_up(side):
    client = side.client(labels={})
    with pytest.raises(Unavailable, match=r"several clusters \(another-aks, jhub-aks\): set prometheus.labels"):
        await client.volumes()
    with pytest.raises(Unavailable, match="several clusters"):
        await client.coverage()
    await client.close()


async def test_another_namespace_and_odd_labels_have_nothing(side):
    for more in ({"namespace": "nothing"}, {"labels": {"cluster": 'x"}\\\n or vector(1) #'}}):
        client = side.client(**more)
        assert (await client.volumes()).by_claim == {}
        assert set((await client.coverage()).missing) == set(METRICS)
        await client.close()


async def test_which_metrics_there_are(side, client):
    await present(side, client)
    coverage = await client.coverage()
    assert coverage.missing == ()
    assert coverage.series["kubelet_volume_stats_capacity_bytes"] > coverage.series["kubelet_volume_stats_inodes"]


async def test_a_query_that_is_none_is_refused_in_the_same_form(side):
    for query in ("max by (", "{", "", "nonsense[", 'last_over_time(x{a="b"}[5m)'):
        for method in ("GET", "POST"):
            status, answer = await side.raw(query, method)
            assert (status, answer["status"], answer["errorType"]) == (400, "error", "bad_data")
            assert answer["error"].startswith("invalid parameter")


@pytest.mark.parametrize(
    "query",
    [
        "kubelet_volume_stats_inodes",
        'kubelet_volume_stats_inodes{persistentvolumeclaim=~"claim-(ada|full)",namespace!="other"}',
        'kubelet_volume_stats_inodes{persistentvolumeclaim!~"claim-.*"}',
        # Of what two replicas have, the count is the one thing that differs.
        'count by (cluster) (kubelet_volume_stats_inodes{replica!="b"})',
        'sum by (node) (last_over_time(kubelet_volume_stats_inodes{cluster="another-aks",replica!="b"}[3h]))',
        'max_over_time(max by (node) (kubelet_volume_stats_used_bytes{persistentvolumeclaim="claim-left"})[3d:15m])',
        *last_values(matchers({"namespace": "jhub"}), Steps(timedelta(days=3), timedelta(minutes=15), whole=True))[:-1],
    ],
)
async def test_the_answers_have_the_same_form_and_labels(side, client, query):
    await present(side, client)
    status, answer = await side.raw(query)
    assert (status, answer["status"], answer["data"]["resultType"]) == (200, "success", "vector")
    added = {"job", "instance", "replica"}
    got = {
        (frozenset((name, text) for name, text in one["metric"].items() if name not in added), one["value"][1])
        for one in answer["data"]["result"]
    }
    assert got == (SEEN.setdefault(query, got)), "the other one answered otherwise"


async def test_what_is_no_longer_mounted_is_left_as_it_was_last(side, client):
    await side.until(client, lambda found: (one := found.get("claim-going")) and one.mounted)
    side.page = dict(PRESENT)
    found = (await side.until(client, lambda found: not found.get("claim-going").mounted)).get("claim-going")
    assert (found.percent, found.is_full) == (100, True)
    assert apart(found.seen, 0) < 120
