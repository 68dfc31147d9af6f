"""A log whose lines carry their times, from the sandbox's kubelets: what pages are cut by."""

from datetime import datetime, timedelta

from clients.kube import KubeReader, connect
from sandbox import server


async def test_each_line_begins_with_its_time_when_asked(tmp_path):
    async with server.running(server.Options(users=0, state_dir=tmp_path)):
        connection = await connect(tmp_path / "kubeconfig", timeout=5.0)
        kube = KubeReader(connection, "jhub")
        try:
            hub = next(pod for pod in await kube.pods() if pod.component == "hub")
            https = next(pod for pod in await kube.pods() if pod.component == "autohttps")
            assert hub.container_names == ("hub",)
            assert https.container_names == ("traefik", "secret-sync", "load-acme")
            asked = {"since": timedelta(days=1), "lines": 20}
            plain = (await kube.log(hub.name, "hub", **asked)).splitlines()
            stamped = (await kube.log(hub.name, "hub", stamped=True, **asked)).splitlines()
        finally:
            await connection.close()
        assert stamped
        assert [line.partition(" ")[2] for line in stamped][:10] == plain[:10]
        moments = [datetime.fromisoformat(line.partition(" ")[0]) for line in stamped]
        assert moments == sorted(moments)
