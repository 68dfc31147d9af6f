"""Deprecated APIs and disruption budgets, as the API server tells of them."""

from datetime import UTC, datetime

import pytest

from clients.errors import Unavailable
from clients.kube import DeprecatedApi, DisruptionBudget, KubeReader, connect
from clients.kube.deprecated_apis import deprecated_apis
from sandbox.apiserver.objects.resource_kinds import NAMESPACE, POD_DISRUPTION_BUDGET
from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from sandbox.clock import ManualClock
from sandbox.scenario.private_files import write_kubeconfig

SCHEMAS = ("prioritylevelconfigurations", "v1beta3", "flowcontrol.apiserver.k8s.io", "1.37")


@pytest.fixture
async def cluster(aiohttp_server, tmp_path):
    store = Store(ManualClock(datetime(2026, 11, 24, tzinfo=UTC)))
    server = await aiohttp_server(make_app(store))
    write_kubeconfig(tmp_path / "kubeconfig", str(server.make_url("")).rstrip("/"), "jhub")
    api = await connect(tmp_path / "kubeconfig", None)
    yield store, KubeReader(api, "jhub")
    await api.close()


async def test_what_was_asked_for_though_it_goes_is_named_with_the_release_without_it(cluster):
    store, reader = cluster
    assert await reader.deprecated_apis() == []
    store.deprecated = [SCHEMAS, ("endpoints", "v1", "", "")]
    first, second = await reader.deprecated_apis()
    assert (first.text, first.removed) == ("endpoints.v1", "")
    assert second == DeprecatedApi("1.37", "flowcontrol.apiserver.k8s.io", "v1beta3", "prioritylevelconfigurations")


async def test_metrics_that_may_not_be_read_are_no_empty_list(cluster):
    store, reader = cluster
    store.denied = {"get /metrics"}
    with pytest.raises(Unavailable, match="may not read the API server's metrics"):
        await reader.deprecated_apis()


@pytest.mark.parametrize(
    "line",
    [
        b'apiserver_requested_deprecated_apis{group="a",removed_release="1.40",resource="b",version="v1"} 0',
        b'apiserver_requested_deprecated_apis{group="a"',
        b"apiserver_requested_deprecated_apis{\xff\xfe} 1e400 nonsense",
        b"apiserver_request_total{} 1",
        b"",
    ],
)
def test_lines_that_name_no_request_name_none(line):
    assert deprecated_apis([line]) == []


async def test_a_budget_that_lets_nothing_go_is_known_in_any_namespace(cluster):
    store, reader = cluster
    its = {"spec": {"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}}}
    store.create(NAMESPACE, None, {"metadata": {"name": "kube-system"}})
    store.create(POD_DISRUPTION_BUDGET, "kube-system", {"metadata": {"name": "coredns"}, **its})
    counts = {"disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1}
    store.modify(POD_DISRUPTION_BUDGET, "kube-system", "coredns", lambda new: new.update(status=counts))
    [budget] = await reader.disruption_budgets()
    assert budget == DisruptionBudget("kube-system", "coredns", 0, 1, 1, 1)
    assert budget.blocks
