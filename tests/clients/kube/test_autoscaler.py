"""The autoscaler's status, in both of its forms, and in none."""

from datetime import UTC, datetime

import pytest

from clients.kube import AutoscalerStatus
from tests.world.autoscaler import OLD, config_map, group, written

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
GROUP = "aks-users-31415926-vmss"
# Nine kinds of figures on one line, as cluster-autoscaler 1.29 prints them.
COUNTS = "ready=1 unready=2 (resourceUnready=0) notStarted=0 longNotStarted=0 registered=3 longUnregistered=1"
CLASSIC = f"""Cluster-autoscaler status at 2026-11-24 09:00:00.123456789 +0000 UTC:
Cluster-wide:
  Health:      Healthy (ready=3 unready=0 (resourceUnready=0) notStarted=0 longNotStarted=0 registered=3)
               LastProbeTime:      2026-11-24 08:59:59.9 +0000 UTC m=+12.5
               LastTransitionTime: 2026-11-24 07:00:00 +0000 UTC m=+1.5
  ScaleUp:     NoActivity (ready=3 registered=3)
               LastProbeTime:      2026-11-24 08:59:59.9 +0000 UTC m=+12.5
               LastTransitionTime: 2026-11-24 07:00:00 +0000 UTC m=+1.5
  ScaleDown:   CandidatesPresent (candidates=2)
               LastProbeTime:      2026-11-24 08:59:59.9 +0000 UTC m=+12.5
               LastTransitionTime: 2026-11-24 08:30:00 +0000 UTC m=+1.5

NodeGroups:
  Name:        {GROUP}
  Health:      Unhealthy ({COUNTS} cloudProviderTarget=4 (minSize=1, maxSize=4))
               LastProbeTime:      2026-11-24 08:59:59.9 +0000 UTC m=+12.5
               LastTransitionTime: 2026-11-24 08:10:00 +0200 CEST m=+1.5
  ScaleUp:     Backoff (ready=1 cloudProviderTarget=4)
               LastProbeTime:      2026-11-24 08:59:59.9 +0000 UTC m=+12.5
               LastTransitionTime: 0001-01-01 00:00:00 +0000 UTC
  ScaleDown:   NoCandidates (candidates=0)
               LastProbeTime:      2026-11-24 08:59:59.9 +0000 UTC m=+12.5
               LastTransitionTime: 2026-11-24 08:10:00 +0000 UTC m=+1.5

  Name:        aks-core-31415926-vmss
  Health:      Healthy (ready=1 unready=0 registered=1 longUnregistered=0 cloudProviderTarget=1 (minSize=1, maxSize=3))

"""


def read(text, **annotations):
    return AutoscalerStatus.from_json({"metadata": {"annotations": annotations}, "data": {"status": text}})


def test_the_text_for_people():
    status = read(CLASSIC)
    users, core = status.groups
    assert (status.written.replace(microsecond=0), status.health.status) == (AT, "Healthy")
    assert status.scale_down.candidates == 2
    assert (users.name, users.health.status, users.scale_up.status) == (GROUP, "Unhealthy", "Backoff")
    assert (users.target, users.minimum, users.maximum, users.is_full) == (4, 1, 4, True)
    assert (users.ready, users.registered, users.unregistered) == (1, 3, 1)
    assert users.health.since == datetime(2026, 11, 24, 6, 10, tzinfo=UTC)
    assert users.scale_up.since is None, "Go's zero time"
    assert (core.name, core.is_full, core.scale_up.status) == ("aks-core-31415926-vmss", False, "")


def test_yaml_since_1_30():
    its = group(scale_up="Backoff", code="QUOTA_EXCEEDED", message="Quota: 'CPUS' exceeded", since=AT)
    status = AutoscalerStatus.from_json(config_map(its, at=AT))
    (users,) = status.groups
    assert (status.written, status.is_running, status.health.status) == (AT, True, "Healthy")
    assert (users.scale_up.status, users.scale_up.code) == ("Backoff", "QUOTA_EXCEEDED")
    assert (users.scale_up.message, users.scale_up.since) == ("Quota: 'CPUS' exceeded", AT)
    assert (users.target, users.maximum, users.ready) == (2, 5, 2)


def test_both_forms_say_the_same():
    its = group(health="Unhealthy", scale_up="Backoff", candidates=1, since=AT)
    assert read(written(its, at=AT)) == read(written(its, at=AT, form=OLD))


@pytest.mark.parametrize("text", ["autoscalerStatus: Initializing\n", "Cluster-autoscaler status at x:\nInitializing"])
def test_one_that_only_starts_has_no_groups(text):
    assert (found := read(text)) is None or (found.groups, found.is_running) == ((), False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no status",
        "- a\n- list",
        "a: &x [1]\nclusterWide: *x",
        "clusterWide: [" + "[" * 5000,
        "autoscalerStatus: Running\nx: " + "y" * 1_000_001,
        "autoscalerStatus: !!python/object/apply:os.system [ls]",
    ],
    ids=["empty", "word", "list", "alias", "deep", "long", "tag"],
)
def test_what_is_no_status_is_none(text):
    assert read(text) is None


@pytest.mark.parametrize("odd", ["nodeGroups: 7", "nodeGroups: [1, {name: 5, scaleUp: {status: []}}]", "time: 9"])
def test_odd_parts_are_left_out(odd):
    status = read(f"autoscalerStatus: Running\nclusterWide: {{health: {{lastProbeTime: never}}}}\n{odd}\n")
    assert status.written is None
    assert all(one.scale_up.status == "" for one in status.groups)


def test_a_config_map_without_data_is_none():
    assert AutoscalerStatus.from_json({}) is None
    assert AutoscalerStatus.from_json({"data": {"status": 5}}) is None
