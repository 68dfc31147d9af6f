"""Two hubs in one cluster, by the real helm: what a shared release name comes to, and that names of their own go."""

import json

from clients.helm.failure import FailureReason, classify, explain
from tests.deploy import clusters

VALUES = json.dumps({"custom": {"clusterRole": True}}).encode()


async def test_a_second_release_of_one_name_is_refused_and_why_is_told(aiohttp_server, tmp_path):
    async with clusters.running(aiohttp_server, tmp_path) as cluster:

        async def install(name, namespace):
            line = ("install", name, cluster.chart, "--namespace", namespace, "--create-namespace", "--no-hooks")
            return await cluster.helm(*line, given=VALUES)

        status, said = await install("jupyterhub", "jhub")
        assert status == 0, said
        status, said = await install("jupyterhub", "jhub-test")
        assert status != 0
        assert classify(said) is FailureReason.OWNED
        assert explain(FailureReason.OWNED, said, {}).startswith(
            "ClusterRole jupyterhub-user-scheduler exists already and belongs to the release of the same name in "
            "namespace jhub (invalid ownership metadata), so helm changed nothing."
        )
        status, said = await install("jupyterhub-test", "jhub-test")
        assert status == 0, said
