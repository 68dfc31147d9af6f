"""Every cause that the sandbox knows, seen by the real clients: the finding names it, and goes when it goes."""

import asyncio
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from bot.alerts.watchers.cert import look
from cards.times import minute
from clients.helm import Releases
from clients.kube import KubeReader, KubeWriter, connect
from clients.public.acme import Issuing
from clients.public.certificate import CertificateReader
from clients.public.dns import Resolver
from commands.certificate.probe import AUTOHTTPS
from sandbox.internet.certificate_causes import CAUSES, ISSUING
from sandbox.server import Options, running
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAID = {
    "dns": "points to 203.0.113.77 in DNS, but the load balancer is 20.50.2.71",
    "port80": "neither can the bot: port 80 broke off the connection",
    "ratelimit": "too many certificates (5) already issued",
    "contact": "does not accept the release's contact address hub-admins@example.org",
    "caa": "lets only ca.example.net issue certificates",
    "acme": "is not issuing now: its directory answers with 503",
    "expired": "has expired",
    "expiring": "expires soon",
    "wronghost": "issued for another host, other.example.org",
    "untrusted": "issued by Somebody's Own CA",
    "refused": "does not answer over HTTPS",
}

# What a new order at Let's Encrypt changes nothing of.
NOT_BY_ORDER = {"ratelimit", "wronghost", "untrusted", "refused"}


class Watched:
    """The sandbox, with a bot's clients on it."""

    def __init__(self, sandbox, api):
        self.sandbox, self.ready = sandbox, sandbox.ready
        self.kube, self.writer = KubeReader(api, "jhub"), KubeWriter(api, "jhub")

    @property
    def reads(self):
        ready = self.ready
        host, where = ready["public_host"], {"address": ready["public_address"]}
        public = CertificateReader(host, ready["public_port"], trust=Path(ready["ca_file"]), **where)
        return replace(
            World().reads,
            kube=self.kube,
            releases=Releases(ready["release"], self.kube.secrets),
            public=public,
            dns=Resolver(ready["nameserver"]),
            issuing=Issuing(host, port=ready["http_port"], directory=ready["acme_directory"], **where),
            now=self.sandbox.clock.now(),
        )

    async def look(self):
        return list(await look(self.reads))

    async def set(self, cause, **more):
        url = f"{self.ready['azure_url']}/_sandbox/cert"
        async with aiohttp.ClientSession() as http, http.put(url, json={"cause": cause, **more}) as answer:
            return answer.status

    async def restart(self, mark):
        known = await self.kube.deployment(AUTOHTTPS)
        assert await self.writer.restart(AUTOHTTPS, known.uid, mark, self.sandbox.clock.now())
        async with asyncio.timeout(240):
            while not (now := await self.kube.deployment(AUTOHTTPS)).is_rolled_out or now.restart != mark:
                await asyncio.sleep(0.05)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watched():
    async with running(Options(users=3, speed=20)) as sandbox:
        api = await connect(Path(sandbox.ready["kubeconfig"]))
        yield Watched(sandbox, api)
        await api.close()


def words(finding):
    return f"{finding.title} {finding.cause}"


async def test_every_cause_is_tried():
    assert set(SAID) == set(CAUSES)


@pytest.mark.parametrize("cause", CAUSES)
async def test_the_finding_names_the_cause_and_goes_with_it(watched, cause):
    assert await watched.look() == []
    assert await watched.set(cause) == 200
    (found,) = await watched.look()
    assert SAID[cause] in words(found)
    assert "Traefik has no certificate" not in words(found)
    assert ("Retry" not in [button.title for button in found.buttons]) is (cause in NOT_BY_ORDER)
    assert await watched.set("") == 200
    assert await watched.look() == []


async def test_a_restart_heals_only_what_has_no_cause_any_more(watched):
    await watched.set("caa")
    await watched.restart("first")
    (found,) = await watched.look()
    assert SAID["caa"] in words(found)
    await watched.set("gone")
    (found,) = await watched.look()
    assert "the bot no longer sees that cause" in words(found)
    await watched.restart("second")
    assert await watched.look() == []


@pytest.mark.parametrize("cause", [*ISSUING, "refused"])
async def test_a_cause_for_once_is_healed_by_the_first_restart(watched, cause):
    await watched.set(cause, once=True)
    assert await watched.look()
    await watched.restart(f"once-{cause}")
    assert await watched.look() == []


async def test_the_end_of_a_rate_limit_is_told_and_nothing_offered_until_then(watched):
    await watched.set("ratelimit")
    (found,) = await watched.look()
    assert minute(watched.sandbox.issuance.until) in found.cause
    assert [button.title for button in found.buttons] == ["Show log"]
    await watched.set("")


async def test_a_deployment_of_another_uid_is_not_restarted(watched):
    assert not await watched.writer.restart(AUTOHTTPS, "another", "x", watched.sandbox.clock.now())
    assert not await watched.writer.delete_deployment(AUTOHTTPS, "another")
    assert not await watched.writer.delete_secret("proxy-public-tls-acme", "another")
    assert not await watched.writer.restart("nosuch", "uid", "x", watched.sandbox.clock.now())


@pytest.mark.parametrize("cause", ["sad", None, 7, ["dns"]])
async def test_what_is_no_cause_is_refused(watched, cause):
    assert await watched.set(cause) == 400


async def test_port_80_sends_everybody_to_https(watched):
    url = f"http://127.0.0.1:{watched.ready['http_port']}/hub/home?x=1"
    async with aiohttp.ClientSession() as http, http.get(url, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (301, "https://hub.example.org/hub/home?x=1")
