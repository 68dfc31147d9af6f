"""What is measured of a home, beside what is said of its server."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from cards.views import Tone
from clients.errors import Forbidden, Unavailable
from clients.kube import Crash
from clients.prometheus import METRICS, Coverage
from commands.diagnostics import why
from commands.diagnostics.checks import volume_metrics
from commands.framework.argument_types import Upn
from tests.world import NOW, World, cannot_pull, home, node, server, unready, user
from tests.world.prometheus import PrometheusReads, usage

ADA = "ada@example.org"
CLAIM = home(ADA).name


def world(*pods, known=(), servers=(True,), prometheus=None):
    made = World()
    made.users, made.claims = [user(ADA, *servers)], [home(ADA)]
    made.pods = [replace(one, claims=(CLAIM,)) for one in pods]
    made.nodes = [node("aks-users-31415926-vmss000001", "users")]
    made.prometheus = prometheus or PrometheusReads(list(known))
    return made


async def asked(its):
    return await why.run(why.Args(Upn.parse(ADA)), its.reads)


def lines(view):
    return [dict(one.data)["line"] for one in view.buttons]


async def test_a_server_that_runs_on_a_full_home_cannot_save():
    found = await asked(world(server(ADA), known=[usage(CLAIM, 100)]))
    assert found.tone is Tone.BAD
    assert f"Its home {CLAIM} is full (100 % of 10 GiB used, nothing left): notebooks cannot be saved." in found.text
    assert "~/.local/share/Trash" in found.text
    assert lines(found) == [f"/jhub storage show {ADA}"]


async def test_one_that_is_nearly_full_is_a_warning():
    found = await asked(world(server(ADA), known=[usage(CLAIM, 92)]))
    assert found.tone is Tone.WARNING
    assert "nearly full (92 % of 10 GiB used" in found.text


@pytest.mark.parametrize("known", [[], [usage(CLAIM, 50)], [usage("claim-bob", 100)]])
async def test_room_is_not_worth_a_word(known):
    found = await asked(world(server(ADA), known=known))
    assert (found.tone, "home" in found.text) == (Tone.GOOD, False)


async def test_prometheus_that_is_silent_takes_nothing_away():
    found = await asked(world(server(ADA), prometheus=PrometheusReads(Unavailable("Prometheus", "is away"))))
    assert found.tone is Tone.GOOD


NO_ROOM = Crash("notebook", "Error", 1, "OSError: [Errno 28] No space left on device: '/home/jovyan/.local'")


async def test_what_a_server_says_itself_is_held_against_what_was_measured():
    ended = server(ADA, **unready(phase="Running", crash=NO_ROOM, restarts=3))
    same = await asked(world(ended, known=[usage(CLAIM, 100)], servers=(False,)))
    assert same.text.startswith("Their home is full.")
    assert same.text.endswith("Kubelet measured the same: 100 % of 10 GiB used, nothing left.")
    other = await asked(world(ended, known=[usage(CLAIM, 30)], servers=(False,)))
    assert "But kubelet measured room in it: 30 % of 10 GiB used, 7 GiB left." in other.text
    assert "Another file system of the server may be full." in other.text


async def test_another_cause_stays_the_first():
    found = await asked(world(server(ADA, **cannot_pull("9")), known=[usage(CLAIM, 100)], servers=(False,)))
    assert found.text.startswith("The registry does not have") or "does not have jhub" in found.text
    assert f"Its home {CLAIM} is full" in found.text
    assert "notebooks cannot be saved" not in found.text


async def test_who_has_no_server_is_told_that_the_next_one_may_not_start():
    old = usage(CLAIM, 100, mounted=False, seen=NOW - timedelta(hours=5))
    found = await asked(world(known=[old], servers=()))
    assert f"The home {CLAIM} is full (100 % of 10 GiB used, nothing left; measured 5 h ago)" in found.text
    assert "most do not start" in found.text
    assert found.tone is Tone.BAD


async def test_what_was_measured_of_an_earlier_home_of_that_name_does_not_count():
    old = usage(CLAIM, 100, mounted=False, seen=NOW - timedelta(days=200))
    assert "full" not in (await asked(world(known=[old], servers=()))).text


# The doctor


def judged(*missing, answer=None):
    series = {name: 0 if name.removeprefix("kubelet_volume_stats_") in missing else 12 for name in METRICS}
    return volume_metrics.CHECK.run(SimpleNamespace(volume_metrics=answer or Coverage(series)))


def test_the_doctor_says_whether_prometheus_has_the_metrics():
    found = judged()
    assert (found.tone, found.text) == (Tone.GOOD, "Prometheus has 12 volumes of the last day")
    nothing = volume_metrics.CHECK.run(SimpleNamespace(volume_metrics=None))
    assert "not checked: prometheus.url is not configured" in nothing.text


ALL = [name.removeprefix("kubelet_volume_stats_") for name in METRICS]


@pytest.mark.parametrize(
    ("missing", "text", "remedy"),
    [
        (ALL, "no measurement of a volume", "--enable-azure-monitor-metrics"),
        (["inodes"], "does not keep kubelet_volume_stats_inodes", "default-targets-metrics-keep-list"),
        (["used_bytes", "available_bytes"], "does not keep kubelet_volume_stats_used_bytes", "keep-list"),
        (["capacity_bytes"], "does not keep kubelet_volume_stats_capacity_bytes", "keep-list"),
    ],
)
def test_what_is_missing_has_its_way_out(missing, text, remedy):
    found = judged(*missing)
    assert found.tone is Tone.WARNING
    assert text in found.text
    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (Unavailable("Prometheus", "is away"), "/jhub status"),
        (Forbidden("Prometheus", "refused", "Grant it"), "Grant it"),
    ],
)
def test_prometheus_that_does_not_answer_is_told(error, remedy):
    found = judged(answer=error)
    assert (found.tone, found.text, found.remedy) == (Tone.WARNING, f"cannot be checked: {error}", remedy)


@pytest.mark.parametrize("one", ["used_bytes", "available_bytes"])
def test_one_of_used_and_free_is_enough(one):
    assert judged(one).tone is Tone.GOOD
