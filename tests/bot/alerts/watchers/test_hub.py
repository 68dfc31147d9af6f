"""A part of the hub that crashes is told with the end of its log, and with what to type."""

from bot.alerts.watchers import hub
from clients.errors import Unavailable
from clients.kube import Crash
from tests.world import NOW, SECRET, World, pod, release, unready

ILL = pod("hub-2", "hub", **unready(phase="Running", crash=Crash("hub", "Error", 1), restarts=4, created=NOW))


def world(said):
    made = World()
    made.pods, made.servers_said, made.releases = [ILL, pod("proxy-1", "proxy")], {ILL.name: said}, [release(4)]
    return made


async def found(made):
    return next(one for one in await hub.look(made.reads) if one.key == "part hub")


async def test_its_last_words_are_quoted_without_secrets():
    its = await found(world("starting\nKeyError: 'JUPYTERHUB_CRYPT_KEY'\n"))
    assert "Its last words: “KeyError: 'JUPYTERHUB_CRYPT_KEY'”" in its.cause
    assert its.advice[0] == "/jhub logs hub --previous shows what it wrote before it ended."
    secret = await found(world(f"refused the key {SECRET}\n"))
    assert "Its last words: “refused the key " in secret.cause
    assert SECRET not in secret.cause


async def test_very_much_output_is_cut():
    assert len((await found(world("x" * 100_000))).cause) < 1_000


async def test_without_its_log_and_the_release_it_is_told_nevertheless(monkeypatch):
    async def silent(*_args, **_more):
        raise Unavailable("Kubernetes", "cannot be reached")

    made = world("")
    reads = made.reads
    monkeypatch.setattr(reads.kube, "log", silent)
    monkeypatch.setattr(reads.releases, "current", silent)
    its = next(one for one in await hub.look(reads) if one.key == "part hub")
    assert "exits soon after it starts (exit code 1)" in its.cause
    assert its.advice == ("/jhub logs hub --previous shows what it wrote before it ended.",)
