from urllib.parse import quote

from sandbox.apiserver.objects import resource_kinds as r

MAPS = "/api/v1/namespaces/default/configmaps"


def fill(store, names, **labels):
    for name in names:
        store.create(r.CONFIG_MAP, "default", {"metadata": {"name": name, "labels": dict(labels)}, "data": {"n": name}})


def names(answer):
    return [item["metadata"]["name"] for item in answer.json["items"]]


async def pages(cluster, query, between=lambda: None):
    found, token, count = [], "", 0
    while True:
        answer = await cluster.ask("GET", f"{MAPS}?{query}&continue={quote(token)}")
        assert answer.status == 200, answer.text
        found.append(answer.json)
        token = answer.json["metadata"].get("continue", "")
        count += 1
        if not token:
            return found
        between()


async def test_a_list_is_a_list_of_its_kind(cluster, store):
    fill(store, ["b", "a"])
    answer = await cluster.ask("GET", MAPS)
    assert (answer.json["kind"], answer.json["apiVersion"]) == ("ConfigMapList", "v1")
    assert answer.json["metadata"] == {"resourceVersion": str(store.revision)}
    assert names(answer) == ["a", "b"]
    assert set(answer.json["items"][0]) == {"metadata", "data"}


async def test_pages_show_one_moment_whatever_happens_between(cluster, store):
    wanted = [f"m{number:02d}" for number in range(10)]
    fill(store, wanted)
    events = [
        lambda: store.delete(r.CONFIG_MAP, "default", "m09"),
        lambda: fill(store, ["m045", "z"]),
        lambda: store.modify(r.CONFIG_MAP, "default", "m08", lambda o: o["data"].update(n="new")),
    ]

    def happen():
        events.pop(0)()

    found = await pages(cluster, "limit=3", between=happen)
    assert [one["metadata"]["resourceVersion"] for one in found] == [found[0]["metadata"]["resourceVersion"]] * 4
    assert [page["metadata"].get("remainingItemCount") for page in found] == [7, 4, 1, None]
    items = [item for page in found for item in page["items"]]
    assert [item["metadata"]["name"] for item in items] == wanted
    assert {item["data"]["n"] for item in items} == set(wanted)


async def test_an_expired_page_is_410_and_brings_a_token_to_go_on_anyway(cluster, store):
    fill(store, [f"m{number}" for number in range(4)])
    first = await cluster.ask("GET", f"{MAPS}?limit=2")
    fill(store, ["m9"])
    store.compact()
    token = first.json["metadata"]["continue"]
    expired = await cluster.ask("GET", f"{MAPS}?limit=2&continue={token}")
    assert (expired.status, expired.json["reason"]) == (410, "Expired")
    assert "The provided continue parameter is too old" in expired.json["message"]
    onward = expired.json["metadata"]["continue"]
    rest = await cluster.ask("GET", f"{MAPS}?continue={onward}")
    assert names(rest) == ["m2", "m3", "m9"]


async def test_selectors_cut_before_the_limit_does(cluster, store):
    fill(store, ["a1", "a2", "a3"], app="a")
    fill(store, ["b1"], app="b")
    found = await pages(cluster, "limit=2&labelSelector=" + quote("app in (a)"))
    assert [[item["metadata"]["name"] for item in page["items"]] for page in found] == [["a1", "a2"], ["a3"]]
    assert "remainingItemCount" not in found[0]["metadata"]
    one = await cluster.ask("GET", f"{MAPS}?fieldSelector=metadata.name%3Db1")
    assert names(one) == ["b1"]


async def test_what_cannot_be_understood_is_400(cluster):
    for query in ("continue=%21%21", "continue=e30", "limit=-1", "limit=x", "labelSelector=a%20b", "fieldSelector=x"):
        answer = await cluster.ask("GET", f"{MAPS}?{query}")
        assert (answer.status, answer.json["reason"]) == (400, "BadRequest"), query


async def test_a_revision_to_come_is_not_answered(cluster):
    answer = await cluster.ask("GET", f"{MAPS}?resourceVersion=999999&resourceVersionMatch=NotOlderThan")
    assert (answer.status, answer.json["reason"]) == (504, "Timeout")


async def test_metadata_only_and_tables(cluster, store):
    fill(store, ["a"])
    partial = await cluster.ask(
        "GET", MAPS, accept="application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
    )
    assert partial.json["kind"] == "PartialObjectMetadataList"
    assert [set(item) for item in partial.json["items"]] == [{"kind", "apiVersion", "metadata"}]
    shown = await cluster.ask("GET", MAPS, accept="application/json;as=Table;v=v1;g=meta.k8s.io,application/json")
    assert [column["name"] for column in shown.json["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert shown.json["rows"][0]["cells"][:2] == ["a", 1]
    assert shown.json["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    assert (await cluster.ask("GET", MAPS, accept="application/vnd.kubernetes.protobuf")).status == 406


async def test_thousands_are_listed_whole_and_by_pages(cluster, store):
    for number in range(5000):
        store.create(r.CONFIG_MAP, "default", {"metadata": {"name": f"m{number:05d}"}})
    whole = await cluster.ask("GET", MAPS)
    assert len(whole.json["items"]) == 5000
    found = await pages(cluster, "limit=500")
    assert [len(page["items"]) for page in found] == [500] * 10
    assert [item for page in found for item in page["items"]] == whole.json["items"]
