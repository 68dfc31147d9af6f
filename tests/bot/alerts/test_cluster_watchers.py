"""The findings of each watcher of the cluster, from made-up observations."""

import time
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.alerts.finding import Severity
from bot.alerts.grouping import grouped
from bot.alerts.watchers import hub, nodes, pools, release, servers, storage, versions, watchers
from clients.azure.aks import Pool
from clients.errors import Unavailable
from clients.helm import Chart
from clients.kube import Crash, StorageClass, Waiting
from tests.world import NOW, by_olu, cannot_pull, empty, helm, home, node, pod, server, snapshot, unready
from tests.world.events import DISK_QUOTA, MEMORY, MULTI, QUOTA, event

MINUTE = timedelta(minutes=1)
LATE = StorageClass("managed-csi", "disk.csi.azure.com", "Delete", is_default=True, binds_late=True)
AT_ONCE = StorageClass("managed-csi", "disk.csi.azure.com", "Delete", is_default=True)
FULL = "pod didn't trigger scale-up: 1 max node group size reached"


def keys(findings):
    return [one.key for one in findings]


def waiting(user="ada@example.org", age=1 * MINUTE, **more):
    state = unready(node="", refusal=f"Unschedulable: {MEMORY}", created=NOW - age) | more
    return server(user, **state)


def pool(name="users", **more):
    known = {"mode": "User", "size": "Standard_E8s_v5", "count": 3, "minimum": 0, "maximum": 3, "state": "Succeeded"}
    rest = {"power": "Running", "version": "1.35.4", "taints": (), "tags": {}, "etag": "e"}
    return Pool(name=name, labels={"hub.jupyter.org/node-purpose": "user"}, **known | rest | more)


def test_they_are_all_found():
    names = {one.name for one in watchers()}
    assert names >= {"hub", "servers", "nodes", "pools", "storage", "release", "versions"}


class TestServers:
    def test_none_that_runs_starts_or_stops_is_wrong(self):
        starting = server(
            "b@example.org", **unready(created=NOW - MINUTE, waiting=Waiting("n", "PodInitializing", "", ""))
        )
        ending = server("c@example.org", **unready(terminating=True))
        assert servers.judge([server("a@example.org"), starting, ending], [], NOW) == []

    def test_one_cause_is_one_alert_whomever_it_hits(self):
        stuck = [server(f"{name}@example.org", **cannot_pull("9")) for name in "abc"]
        (found,) = grouped(servers.judge(stuck, [], NOW))
        assert found.title == "3 servers are not starting"
        assert found.subjects == ("a@example.org", "b@example.org", "c@example.org")
        assert found.severity is Severity.CRITICAL
        assert "does not have jhub.azurecr.io/notebook:9" in found.cause

    def test_two_causes_are_two_alerts(self):
        stuck = [server("a@example.org", **cannot_pull("9")), server("b@example.org", **cannot_pull("8"))]
        assert [one.title for one in grouped(servers.judge(stuck, [], NOW))] == [
            "The server of a@example.org is not starting",
            "The server of b@example.org is not starting",
        ]

    def test_one_alone_has_a_button_that_asks_why(self):
        (found,) = servers.judge([server("a@example.org", **cannot_pull("9"))], [], NOW)
        assert [dict(one.data)["line"] for one in found.buttons] == ["/jhub why a@example.org", "/jhub images"]
        assert found.severity is Severity.WARNING

    @pytest.mark.parametrize(("minutes", "count"), [(5, 0), (7, 1)])
    def test_a_disk_at_another_node_gets_time(self, minutes, count):
        creating = Waiting("notebook", "ContainerCreating", "", "i")
        stuck = server("ada@example.org", **unready(created=NOW - minutes * MINUTE, waiting=creating))
        assert len(servers.judge([stuck], [event("FailedAttachVolume", MULTI)], NOW)) == count

    @pytest.mark.parametrize(("minutes", "count"), [(14, 0), (16, 1)])
    def test_a_node_that_comes_gets_time(self, minutes, count):
        said = [event("TriggeredScaleUp", "pod triggered scale-up: [{aks-users-1-vmss 3->4 (max: 5)}]")]
        assert len(servers.judge([waiting(age=minutes * MINUTE)], said, NOW)) == count

    @pytest.mark.parametrize(("minutes", "count"), [(9, 0), (11, 1)])
    def test_what_nothing_explains_is_told_after_ten_minutes(self, minutes, count):
        creating = Waiting("notebook", "ContainerCreating", "", "i")
        stuck = server("ada@example.org", **unready(created=NOW - minutes * MINUTE, waiting=creating))
        assert len(servers.judge([stuck], [], NOW)) == count

    def test_a_disk_that_was_not_found_is_told_where_the_pod_waits_for_it_on_its_node(self):
        stuck = server("ada@example.org", **unready(waiting=Waiting("notebook", "ContainerCreating", "", "i")))
        said = event(
            "FailedAttachVolume", "AttachVolume.Attach failed: rpc error: code = NotFound desc = Volume not found"
        )
        (found,) = servers.judge([stuck], [said], NOW)
        assert found.cause.startswith("Its disk was not found: “AttachVolume.Attach failed: Volume not found”.")
        said = event("FailedAttachVolume", "AttachVolume.Attach failed: rpc error: code = NotFound desc = not found")
        (found,) = servers.judge([stuck], [said], NOW)
        assert found.cause == "Its disk is not attached. The cluster says: “AttachVolume.Attach failed: not found”."

    @pytest.mark.parametrize(("minutes", "count"), [(4, 0), (6, 1)])
    def test_one_that_cannot_end_is_told_with_its_node(self, minutes, count):
        stuck = server("ada@example.org", terminating=True, deadline=NOW - minutes * MINUTE)
        lost = node(stuck.node, "users", ready=False, problem="Kubelet stopped posting node status.")
        found = servers.judge_endings([stuck], [lost], NOW)
        assert len(found) == count
        assert all("has not answered" in one.cause for one in found)

    def test_what_other_watchers_tell_of_is_not_told_twice(self):
        assert servers.judge([waiting(age=60 * MINUTE)], [event("NotTriggerScaleUp", FULL)], NOW) == []


def test_a_thousand_servers_that_do_not_start_are_judged_quickly():
    stuck = [waiting(f"u{number}@example.org") for number in range(1_000)]
    said = [event("NotTriggerScaleUp", FULL, name=one.name) for one in stuck for _ in range(5)]
    begun = time.process_time()
    (found,) = grouped(nodes.judge([], stuck, said, [], NOW))
    assert servers.judge(stuck, said, NOW) == []
    assert time.process_time() - begun < 1.0
    assert len(found.subjects) == 1_000


class TestHub:
    well = (pod("hub-1", "hub"), pod("proxy-1", "proxy"))

    def test_nothing_is_wrong_with_a_hub_that_is_well(self):
        assert hub.judge(self.well, [], None, NOW) == []

    def test_a_hub_that_crashes_is_critical_and_said_why(self):
        backing = Waiting("hub", "CrashLoopBackOff", "back-off 40s restarting failed container", "i")
        ill = pod(
            "hub-1", "hub", **unready(phase="Running", waiting=backing, crash=Crash("hub", "Error", 1), restarts=5)
        )
        (found,) = hub.judge([ill, self.well[1]], [], Unavailable("The hub", "cannot be reached"), NOW)
        assert (found.key, found.severity, found.title) == ("part hub", Severity.CRITICAL, "hub is down")
        assert "exit code 1" in found.cause
        assert "Nobody can log in" in found.cause

    @pytest.mark.parametrize(("minutes", "is_back"), [(1, True), (-1, False), (60, False)])
    def test_a_crash_is_told_with_its_log_and_the_way_back_where_the_newest_revision_made_the_pod(
        self, minutes, is_back
    ):
        newest = replace(helm.release(4), last_deployed=NOW)
        told = Crash("hub", "Error", 1, "Traceback\nKeyError: 'JUPYTERHUB_CRYPT_KEY'")
        ill = pod("hub-1", "hub", **unready(phase="Running", crash=told, restarts=5, created=NOW + minutes * MINUTE))
        (found,) = hub.judge([ill, self.well[1]], [], None, NOW, newest=newest)
        assert "KeyError: 'JUPYTERHUB_CRYPT_KEY'" in found.cause
        assert found.advice[0].startswith("/jhub logs hub --previous ")
        assert any("revision 4" in one and "/jhub rollback" in one for one in found.advice) == is_back

    def test_without_a_crash_there_is_no_log_to_look_at(self):
        (found,) = hub.judge([pod("hub-1", "hub", **cannot_pull("9")), self.well[1]], [], None, NOW)
        assert found.advice == ()

    def test_no_pod_at_all(self):
        (found,) = hub.judge([self.well[1]], [], None, NOW)
        assert found.cause.startswith("No pod exists.")

    def test_a_pod_that_may_not_be_made(self):
        said = event("FailedCreate", QUOTA, name="hub-7f9c", kind="ReplicaSet")
        (found,) = hub.judge([self.well[1]], [said], None, NOW)
        assert found.cause.startswith("The namespace’s quota compute is used up (requests.memory=1Gi was requested).")

    def test_while_the_bot_deploys_only_what_explains_itself_is_wrong(self):
        gone = [self.well[1]]
        silence = Unavailable("The hub", "cannot be reached")
        assert hub.judge(gone, [], silence, NOW, changing=True) == []
        assert keys(hub.judge(gone, [], silence, NOW)) == ["part hub"]
        broken = pod("hub-1", "hub", **cannot_pull("9"))
        assert keys(hub.judge([broken, *gone], [], silence, NOW, changing=True)) == ["part hub"]

    def test_one_of_several_is_a_warning(self):
        several = [pod("s-1", "user-scheduler"), pod("s-2", "user-scheduler", **unready())]
        (found,) = hub.judge([*self.well, *several], [], None, NOW)
        assert (found.severity, found.title) == (Severity.WARNING, "user-scheduler has only 1 of 2 pods ready")

    def test_a_hub_that_is_ready_and_silent(self):
        (found,) = hub.judge(self.well, [], Unavailable("The hub", "did not answer within 5 s"), NOW)
        assert (found.key, found.severity) == ("hub silent", Severity.CRITICAL)
        assert found.cause == "The hub did not answer within 5 s, although its pods are ready."

    @pytest.mark.parametrize(
        ("count", "restarts", "ago", "keys_"),
        [(5, 4, 5, ["restarts hub"]), (5, 4, 25, []), (2, 1, 5, []), (5, 0, 5, [])],
    )
    def test_starts_that_pile_up(self, count, restarts, ago, keys_):
        its = pod("hub-1", "hub", restarts=restarts)
        said = event("Started", "Started container hub", name="hub-1", count=count, last=NOW - ago * MINUTE)
        assert keys(hub.judge([its, self.well[1]], [said], None, NOW)) == keys_


class TestNodes:
    theirs = (node("n1", "users", purpose="user"), node("n2", "users", purpose="user"))

    def test_nodes_that_are_well_or_just_join(self):
        joining = node("n3", "users", ready=False, problem="KubeletNotReady", created=NOW - 2 * MINUTE)
        assert nodes.judge([*self.theirs, joining], [], [], [], NOW) == []

    def test_one_that_fell_silent(self):
        silent = node("n2", "users", purpose="user", ready=False, problem="NodeStatusUnknown: Kubelet stopped posting.")
        on = [server("a@example.org", node="n2"), server("b@example.org", node="n2")]
        (found,) = nodes.judge([self.theirs[0], silent], on, [], [], NOW)
        assert found.severity is Severity.WARNING
        assert found.subjects == ("n2, 2 users",)
        assert "Kubelet stopped posting" in found.cause

    def test_all_of_the_users_at_once_are_one_critical_alert(self):
        silent = [node(name, "users", purpose="user", ready=False, problem="x") for name in ("n1", "n2")]
        (found,) = grouped(nodes.judge([*silent, node("s", "system")], [], [], [], NOW))
        assert (found.severity, found.title) == (Severity.CRITICAL, "2 nodes are not ready")

    def test_pressure(self):
        (found,) = nodes.judge([node("n1", "users", pressure=("DiskPressure",))], [], [], [], NOW)
        assert found.title == "Node n1 is low on disk space"

    def test_users_who_wait_at_the_pools_maximum_get_a_button_for_one_more(self):
        stuck = [waiting("ada@example.org"), waiting("bob@example.org")]
        said = [event("NotTriggerScaleUp", FULL, name=one.name) for one in stuck]
        (found,) = grouped(nodes.judge(self.theirs, stuck, said, [pool()], NOW))
        assert found.title == "Users are waiting: the node pool is at its maximum"
        assert found.subjects == ("ada@example.org", "bob@example.org")
        assert dict(found.buttons[0].data)["line"] == "/jhub autoscale users 0 4"

    def test_without_azure_there_is_no_such_button(self):
        (found,) = nodes.judge([], [waiting()], [event("NotTriggerScaleUp", FULL)], [], NOW)
        assert [one.title for one in found.buttons] == ["Show nodes"]

    def test_at_the_clusters_maximum_a_larger_pool_does_not_help(self):
        said = event("NotTriggerScaleUp", "pod didn't trigger scale-up: 2 max total nodes in cluster reached")
        (found,) = nodes.judge([], [waiting()], [said], [pool()], NOW)
        assert found.title == "Users are waiting: the cluster is at its maximum of nodes"
        assert "as many nodes as its autoscaler may give it" in found.cause
        assert [one.title for one in found.buttons] == ["Show nodes"]

    def test_a_machine_that_did_not_join_is_told_where_the_autoscaler_noted_it(self):
        backoff = event("NotTriggerScaleUp", "pod didn't trigger scale-up: 1 in backoff after failed scale-up")
        lost = event(
            "ScaleUpTimedOut",
            "Nodes added to group aks-users-31415926-vmss failed to register within 15m0s",
            name="cluster-autoscaler-status",
            kind="ConfigMap",
        )
        (found,) = nodes.judge([], [waiting()], [lost, backoff], [pool()], NOW)
        assert found.title == "Users are waiting: a new machine did not join the cluster"
        assert "did not join the cluster within 15 min" in found.cause

    def test_an_autoscaler_that_gets_no_machines(self):
        said = event("NotTriggerScaleUp", "pod didn't trigger scale-up: 1 in backoff after failed scale-up")
        (found,) = nodes.judge([], [waiting()], [said], [pool()], NOW)
        assert found.title == "Users are waiting: no more nodes are available"


def test_a_failed_pool_is_asked_for_again_as_it_is():
    autoscaled, held = pool(state="Failed"), pool("gpu", state="Failed", minimum=None, maximum=None, count=2)
    found = pools.judge([autoscaled, held, pool("core")])
    assert keys(found) == ["pool users failed", "pool gpu failed"]
    lines = [dict(one.buttons[0].data)["line"] for one in found]
    assert lines == ["/jhub autoscale users 0 3", "/jhub scale 2 --pool gpu"]


class TestStorage:
    def test_a_claim_that_waits_for_its_first_pod_is_as_it_should_be(self):
        assert storage.judge([empty("ada@example.org")], [], [], [LATE], NOW) == []

    def test_a_claim_for_which_no_disk_can_be_made(self):
        claim = empty("ada@example.org")
        said = event("ProvisioningFailed", DISK_QUOTA, name=claim.name, kind="PersistentVolumeClaim")
        its = waiting(claims=(claim.name,))
        (found,) = storage.judge([claim], [its], [said], [LATE], NOW)
        assert found.cause == "Azure creates no more disks: the subscription’s quota is used up."
        assert storage.judge([home("ada@example.org")], [its], [said], [LATE], NOW) == []

    @pytest.mark.parametrize(("minutes", "count"), [(4, 0), (6, 1)])
    def test_a_disk_that_is_made_for_too_long(self, minutes, count):
        claim = empty("ada@example.org")
        asked = event("Provisioning", "…", claim.name, "PersistentVolumeClaim", first=NOW - minutes * MINUTE)
        assert len(storage.judge([claim], [waiting(claims=(claim.name,))], [asked], [LATE], NOW)) == count

    @pytest.mark.parametrize(("minutes", "count"), [(4, 0), (6, 1)])
    def test_a_claim_that_should_be_bound_at_once(self, minutes, count):
        claim = empty("ada@example.org", created=NOW - minutes * MINUTE)
        assert len(storage.judge([claim], [], [], [AT_ONCE], NOW)) == count

    def test_a_pod_that_finds_no_node_is_no_trouble_of_its_disk(self):
        claim = empty("ada@example.org")
        assert storage.judge([claim], [waiting(age=60 * MINUTE, claims=(claim.name,))], [], [LATE], NOW) == []

    def test_a_lost_disk_is_critical(self):
        (found,) = storage.judge([home("ada@example.org", phase="Lost")], [], [], [LATE], NOW)
        assert found.severity is Severity.CRITICAL

    def test_snapshots_that_fail_are_one_alert(self):
        failed = [
            snapshot(home(f"{name}@example.org"), name, ready=False, error="exceeds the quota", days=0) for name in "ab"
        ]
        old = snapshot(home("c@example.org"), "c", ready=False, error="x", days=3)
        good = snapshot(home("d@example.org"), "d")
        (found,) = grouped(storage.judge_snapshots([*failed, old, good], NOW))
        assert found.title == "2 snapshots failed"


class TestRelease:
    timeout = timedelta(minutes=10)

    def judge(self, *history):
        return release.judge(history[0] if history else None, history, self.timeout, NOW)

    def test_nothing_is_wrong_where_the_bot_made_what_is_live_or_never_made_any(self):
        ours = helm.release(3, labels=by_olu(3))
        assert self.judge(ours, helm.release(2, status="superseded")) == []
        assert self.judge(helm.release(3), helm.release(2, status="superseded")) == []
        assert self.judge() == []

    @pytest.mark.parametrize(("minutes", "count"), [(29, 0), (31, 1)])
    def test_an_upgrade_that_hangs(self, minutes, count):
        begun = helm.release(4, status="pending-upgrade", last_deployed=NOW - minutes * MINUTE)
        found = self.judge(begun, helm.release(3))
        assert len(found) == count
        assert all("/jhub repair" in one.advice[0] for one in found)

    def test_one_that_failed(self):
        failed = helm.release(4, "9", status="failed", description="Upgrade failed: context deadline exceeded")
        (found,) = self.judge(failed, helm.release(3))
        assert found.key == "release failed 4"
        assert "Revision 3 (tag 3f9a41c) was live before it." in found.cause

    def test_what_somebody_did_past_the_bot_until_it_deploys_again(self):
        ours = helm.release(3, labels=by_olu(3), status="superseded")
        # Helm hands the bot's labels on to a revision made by hand.
        by_hand = helm.release(4, "9b8e4d1", labels=by_olu(3), chart=Chart("jupyterhub", "4.3.5", "5.4"))
        (found,) = self.judge(by_hand, ours)
        assert [one.value for one in found.facts] == ["3f9a41c → 9b8e4d1", "4.4.0 → 4.3.5"]
        again = helm.release(5, labels=by_olu(5))
        assert self.judge(again, helm.release(4, labels=by_olu(3), status="superseded"), ours) == []


class TestVersions:
    def judge(self, version, today, chart="4.4.0"):
        live = helm.release(chart=Chart("jupyterhub", chart, "5"))
        return versions.judge([node("a", "u", version=version), node("b", "u", version="v1.37.0")], live, today)

    @pytest.mark.parametrize(
        ("version", "today", "severity"),
        [
            ("v1.35.4", date(2026, 11, 24), None),
            ("v1.35.4", date(2027, 1, 30), Severity.NOTE),
            ("v1.35.4", date(2027, 3, 31), Severity.NOTE),
            ("v1.35.4", date(2027, 4, 1), Severity.WARNING),
            ("v1.21.0", date(2026, 11, 24), Severity.WARNING),
            ("v1.99.0", date(2026, 11, 24), None),
            ("what", date(2026, 11, 24), None),
        ],
    )
    def test_kubernetes(self, version, today, severity):
        found = self.judge(version, today)
        assert [one.severity for one in found] == ([severity] if severity else [])

    def test_a_chart_before_a_security_release(self):
        (found,) = self.judge("v1.37.0", date(2026, 11, 24), "4.3.3")
        assert [one.label for one in found.facts] == ["4.4.0", "4.3.4"]
        assert versions.judge([], None, date(2026, 11, 24)) == []
