"""What the client makes of Prometheus' answers, and that it believes no bad one. Its contract: tests/contract."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from clients.errors import Forbidden, Unavailable
from clients.prometheus import METRICS, Prometheus, VolumeUsage
from clients.prometheus.expressions import Past, is_claim, last_values, matchers, of_claims

GIB = 2**30
NOW = datetime.now(UTC).timestamp()


def sample(value, claim="claim-ada", cluster="", at=NOW, **labels):
    named = {"persistentvolumeclaim": claim, **({"cluster": cluster} if cluster else {}), **labels}
    return {"metric": named, "value": [at, str(value)]}


def vector(*samples, **more):
    return {"status": "success", "data": {"resultType": "vector", "result": list(samples)}, **more}


class Place:
    """A Prometheus that answers by metric; `asked` are the queries and headers."""

    def __init__(self, lately, before=None, status=200, times=None, **more):
        self.lately, self.before, self.status, self.more = lately, before or {}, status, more
        self.times = times or {}
        self.asked = []

    async def query(self, request):
        query = (await request.post())["query"]
        self.asked.append((query, dict(request.headers)))
        if self.status != 200:
            return web.json_response(self.more, status=self.status)
        is_before = ":21600s]" in query
        samples = self.before if is_before else self.lately
        if "timestamp(" in query:
            seen = NOW - 86_400 if is_before else NOW
            claims = {one["metric"]["persistentvolumeclaim"] for one in samples.get(METRICS[0], [])}
            return web.json_response(vector(*(sample(self.times.get(one, seen), one) for one in sorted(claims))))
        name = next(one for one in sorted(METRICS, key=len, reverse=True) if f"{one}{{" in query)
        return web.json_response(vector(*samples.get(name, []), **self.more))


@pytest.fixture
async def ask(aiohttp_server):
    """Serve a place and return a client of it; closed at the end."""
    made = []

    async def begin(place, token=None, **more):
        app = web.Application()
        app.add_routes([web.post("/prom/api/v1/query", place.query)])
        server = await aiohttp_server(app)
        made.append(Prometheus(f"http://127.0.0.1:{server.port}/prom/", token, **{"namespace": "jhub", **more}))
        return made[-1]

    yield begin
    for one in made:
        await one.close()


def stats(claim="claim-ada", **values):
    names = dict(zip(("capacity", "used", "free", "inodes", "files"), METRICS, strict=True))
    return {names[key]: [sample(value, claim)] for key, value in values.items()}


async def test_a_volume_is_put_together_from_its_metrics(ask):
    client = await ask(Place(stats(capacity=10 * GIB, used=4 * GIB, free=5 * GIB, inodes=1000, files=900)))
    (found,) = await client.volumes()
    assert (found.used, found.free, found.capacity) == (4 * GIB, 5 * GIB, 10 * GIB)
    assert (found.files, found.most_files) == (900, 1000)
    assert (found.mounted, found.percent, found.percent_of_bytes) == (True, 90, 44)


async def test_what_is_mounted_now_counts_before_what_was(ask):
    before = stats(capacity=10 * GIB, used=9 * GIB)
    client = await ask(Place(stats(capacity=10 * GIB, used=GIB), before))
    (found,) = await client.volumes()
    assert (found.percent, found.mounted) == (10, True)
    (found,) = await (await ask(Place({}, before))).volumes()
    assert (found.percent, found.mounted, found.seen.timestamp()) == (90, False, pytest.approx(NOW - 86_400, abs=1))


@pytest.mark.parametrize("bad", ["NaN", "+Inf", "-Inf", "-1", "1e300"])
async def test_what_is_no_amount_is_not_known(ask, bad):
    client = await ask(Place(stats(capacity=10 * GIB, used=bad, free=4 * GIB, inodes=bad, files=bad)))
    (found,) = await client.volumes()
    assert (found.percent, found.most_files) == (60, 0)
    for size in (bad, "0"):
        assert list(await (await ask(Place(stats(capacity=size, used=GIB)))).volumes()) == []


@pytest.mark.parametrize("when", ["NaN", "1e18", "-5", "0"])
async def test_a_time_that_is_none_makes_nothing_known(ask, when):
    place = Place(stats(capacity=10 * GIB, used=GIB), times={"claim-ada": when})
    assert list(await (await ask(place)).volumes()) == []


@pytest.mark.parametrize("name", ["", "../x", "A", "x" * 300, "a\nb", 'a"b', "🜁"])
async def test_what_cannot_be_a_claim_is_left_out(ask, name):
    assert not is_claim(name)
    client = await ask(Place(stats(name, capacity=10 * GIB, used=GIB)))
    assert list(await client.volumes()) == []


async def test_labels_that_are_no_text_do_no_harm(ask):
    odd = {"metric": {"persistentvolumeclaim": ["x"], "cluster": 7}, "value": [NOW, "1"]}
    none = {"metric": None, "value": [NOW, "1"]}
    place = Place({name: [none] for name in METRICS}, {name: [odd] for name in METRICS})
    place.query = _constant(vector(odd))
    assert list(await (await ask(place)).volumes()) == []


def _constant(answer):
    async def query(_):
        return web.json_response(answer)

    return query


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "success"},
        {"status": "success", "data": {"resultType": "matrix", "result": []}},
        {"status": "error", "data": {"resultType": "vector", "result": []}},
        vector({"metric": {}}),
        vector({"metric": {}, "value": [NOW]}),
        vector({"metric": {}, "value": [NOW, 5]}),
        vector({"metric": {}, "value": ["x", "5"]}),
        vector({"metric": {}, "value": [NOW, "five"]}),
        vector(7),
        {"status": "success", "data": {"resultType": "vector", "result": {}}},
    ],
)
async def test_what_is_no_vector_is_unavailable(ask, answer):
    place = Place({})
    place.query = _constant(answer)
    client = await ask(place)
    with pytest.raises(Unavailable, match="cannot be read"):
        await client.volumes()
    with pytest.raises(Unavailable, match="cannot be read"):
        await client.coverage()


async def test_warnings_are_told_once_and_bounded(ask):
    said = ["store a: timeout", "store a: timeout", "x " * 900, "c", "d"]
    client = await ask(Place(stats(capacity=GIB, used=1), warnings=said))
    warnings = (await client.volumes()).warnings
    assert len(warnings) == 2
    assert warnings[0] == "store a: timeout"
    assert all(len(one) <= 300 for one in warnings)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {}, r"refused the bot \(401\)"),
        (403, {"error": "no"}, r"refused the bot \(403\)"),
        (404, {}, "check prometheus.url"),
        (405, {}, "check prometheus.url"),
        (429, {"errorType": "too_many_requests", "error": "slow down"}, "slow down"),
        (422, {"errorType": "execution", "error": "would load too many samples"}, "would load too many samples"),
        (503, {"errorType": "timeout", "error": "query timed out"}, "query timed out"),
        (400, {"errorType": "bad_data", "error": "secret things"}, r"answered with an error \(400\)$"),
        (500, {}, r"answered with an error \(500\)$"),
    ],
)
async def test_a_refusal_says_what_it_is(ask, status, body, words):
    client = await ask(Place({}, status=status, **body))
    with pytest.raises(Unavailable, match=words) as refused:
        await client.volumes()
    if status in (401, 403):
        assert isinstance(refused.value, Forbidden)
        assert "Monitoring Data Reader" in refused.value.remedy


async def test_the_token_goes_along_and_none_where_there_is_none(ask):
    async def token():
        return "canary"

    place = Place({})
    await (await ask(place, token)).volumes()
    assert {headers["Authorization"] for _, headers in place.asked} == {"Bearer canary"}
    place = Place({})
    await (await ask(place)).volumes()
    assert all("Authorization" not in headers for _, headers in place.asked)


async def test_one_metric_a_query_and_the_hubs_labels_in_each(ask):
    place = Place({})
    client = await ask(place, labels={"cluster": "aks"}, history=timedelta(days=2))
    await client.volumes(["claim-a.b", "claim-ada"])
    await client.coverage()
    assert len(place.asked) == 23
    for query, _ in place.asked:
        assert sum(query.count(f"{name}{{") for name in METRICS) == 1
        assert 'namespace="jhub",cluster="aks"' in query
    claims = [query for query, _ in place.asked if "persistentvolumeclaim=~" in query]
    assert all('persistentvolumeclaim=~"claim-a[.]b|claim-ada"' in query for query in claims)
    assert sum("[172800s:21600s]" in query for query in claims) == 6


async def test_no_claims_ask_nothing(ask):
    place = Place({})
    client = await ask(place)
    for none in ([], ["", "NO", "-"]):
        assert list(await client.volumes(none)) == []
    assert place.asked == []


async def test_one_that_fails_ends_those_under_way(ask):
    place, waits = Place({}), asyncio.Event()
    hanging = []

    async def query(request):
        text = (await request.post())["query"]
        if "used_bytes" in text:
            return web.json_response({}, status=500)
        hanging.append(text)
        await waits.wait()
        return web.json_response(vector())

    place.query = query
    client = await ask(place)
    with pytest.raises(Unavailable, match="500"):
        await client.volumes()
    assert len(hanging) < 18
    waits.set()


async def test_who_is_silent_is_waited_for_so_long_and_no_longer(ask):
    waits = asyncio.Event()
    place = Place({})

    async def query(_):
        await waits.wait()
        return web.json_response(vector())

    place.query = query
    client = await ask(place, timeout=0.05)
    with pytest.raises(Unavailable, match=r"did not answer within 0\.05 s"):
        await client.volumes()
    waits.set()


@pytest.mark.parametrize("url", ["", "prometheus:9090", "ftp://x", "http://u:p@x", "http://x?query=1"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ValueError, match="plain http or https"):
        Prometheus(url, namespace="jhub")


@pytest.mark.parametrize("label", ["", "a b", "1a", 'a="x",b'])
def test_a_label_that_is_none_is_refused(label):
    with pytest.raises(ValueError, match="not the name of a label"):
        matchers({label: "x"})


def test_what_is_in_a_label_stays_text():
    assert matchers({"cluster": 'a"b\\c\nd'}) == 'cluster="a\\"b\\\\c\\nd"'
    assert of_claims("x", ['a"b']) == ""
    past = last_values('namespace="jhub"', Past(timedelta(days=7), timedelta(minutes=15), whole=True))
    assert past[0] == (
        "last_over_time(max by (persistentvolumeclaim, cluster) (last_over_time(kubelet_volume_stats_capacity_bytes"
        '{namespace="jhub"}[900s]))[604800s:900s])'
    )


async def test_a_trust_file_that_cannot_be_read_is_said(tmp_path):
    for text in (None, "no certificate"):
        file = tmp_path / "ca.pem"
        if text:
            file.write_text(text)
        client = Prometheus("https://127.0.0.1:1", namespace="jhub", trust=file)
        with pytest.raises(Unavailable, match="authorities cannot be read"):
            await client.volumes()
        await client.close()


# How full is full


def usage(used, free, files=0, most=0, capacity=None):
    seen = datetime.now(UTC)
    return VolumeUsage("c", used, free, capacity or used + free, seen, files=files, most_files=most)


@pytest.mark.parametrize(
    ("one", "percent", "full"),
    [
        (usage(0, 0), 100, True),
        (usage(10 * GIB, 0), 100, True),
        # Half a percent of 10 GiB is 51 MiB.
        (usage(10 * GIB - (52 << 20), 52 << 20), 99, False),
        (usage(10 * GIB - (50 << 20), 50 << 20), 100, True),
        # Of 1 TiB, 64 MiB are nothing, and 5 GiB are something.
        (usage(1019 * GIB, 5 * GIB), 99, False),
        (usage(1024 * GIB - (60 << 20), 60 << 20), 100, True),
        # What the file system keeps for itself is not to be had.
        (usage(9 * GIB, 0, capacity=10 * GIB), 100, True),
        (usage(9 * GIB, GIB), 90, False),
        (usage(GIB, 9 * GIB, 655_360, 655_360), 100, True),
        (usage(GIB, 9 * GIB, 654_000, 655_360), 99, False),
        (usage(GIB, 9 * GIB, 5, 0), 10, False),
        (usage(GIB, 9 * GIB, 50, 40), 100, True),
    ],
)
def test_full_is_what_takes_nothing_more(one, percent, full):
    assert (one.percent, one.is_full) == (percent, full)
