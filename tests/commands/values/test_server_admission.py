"""Users' servers as Kubernetes judges them: by profile, each cause once, and what is not judged is said."""

import pytest

from clients.errors import Unavailable
from clients.kube import LimitRange, PodRefusal
from commands.values.schema_errors import effective_values
from commands.values.server_admission import review_servers
from commands.values.server_changes import review_change
from tests.commands.values.server_values import DEFAULTS
from tests.commands.values.spawned import HERE
from tests.world import World, release

POLICY = (
    'admission webhook "validate.kyverno.svc-fail" denied the request: resource Pod/jhub/jupyter-dryrun was blocked: '
    "the label team is required"
)
CHART = ("jupyterhub", "4.4.0")


def profiles(*named):
    return {"singleuser": {"profileList": [{"display_name": name, "kubespawner_override": it} for name, it in named]}}


THREE = profiles(("Small", {}), ("Large", {"mem_limit": "64G"}), ("GPU", {"extra_resource_limits": {"a.b/gpu": "1"}}))


def limit(pod):
    return pod["spec"]["containers"][0]["resources"]["limits"]


def world(judge, **more):
    return World(refuses=judge, **more)


async def reviewed(judge, values):
    outside = world(judge)
    return await review_servers(outside.reads, effective_values(values, DEFAULTS), HERE), outside


def forbidden(why):
    return PodRefusal(403, f'pods "jupyter-dryrun" is forbidden: {why}')


async def test_one_cause_is_said_once_for_all_servers():
    review, outside = await reviewed(lambda *_: PodRefusal(403, POLICY), THREE)
    [one] = review.found
    assert one.line == (
        "No server would start. A policy of the cluster refuses it (admission webhook validate.kyverno.svc-fail): "
        "“resource Pod/jhub/jupyter-USER was blocked: the label team is required”. It does not pass by itself. "
        "Labels of servers’ pods are set by singleuser.extraLabels in the values; or whoever looks after the "
        "cluster’s Kyverno policies exempts the hub’s namespace from the policy."
    )
    assert (review.judged, len(outside.judged)) == (3, 3)


async def test_what_is_refused_of_some_profiles_names_them():
    too_much = forbidden("maximum memory usage per Container is 32Gi, but limit is 64Gi")
    review, _ = await reviewed(lambda pod, _: too_much if limit(pod).get("memory") else None, THREE)
    [one] = review.found
    assert one.line.startswith("Servers of Large would not start. Kubernetes refuses it: “maximum memory usage")


async def test_of_a_profile_only_the_choice_that_decides_is_named():
    option = {"choices": {"none": {}, "one": {"kubespawner_override": {"extra_resource_limits": {"gpu": "1"}}}}}
    values = {"singleuser": {"profileList": [{"display_name": "Lab", "profile_options": {"gpu": option}}]}}
    refused = PodRefusal(
        422, 'Pod "jupyter-dryrun" is invalid: spec.containers[0].resources.limits[gpu]: Invalid value'
    )
    review, _ = await reviewed(lambda pod, _: refused if "gpu" in limit(pod) else None, values)
    [one] = review.found
    assert one.line == (
        "Servers of Lab with gpu: one would not start. Kubernetes refuses the pod: "
        "“spec.containers[0].resources.limits[gpu]: Invalid value”."
    )


async def test_the_same_pod_is_asked_about_once():
    _, outside = await reviewed(None, profiles(*((f"P{number}", {}) for number in range(30))))
    assert len(outside.judged) == 1


QUOTAS = {
    "used up": ("pods=1", "pods=9", "pods=9", "is used up (pods=1 was requested)", False),
    "never fits": ("limits.memory=64Gi", "limits.memory=0", "limits.memory=32Gi", "limits.memory=64Gi of 32Gi", True),
}


@pytest.mark.parametrize(("asked", "used", "hard", "says", "lasts"), QUOTAS.values(), ids=QUOTAS)
async def test_a_quota_that_is_full_is_told_from_one_that_no_such_server_fits(asked, used, hard, says, lasts):
    said = f"exceeded quota: compute, requested: {asked}, used: {used}, limited: {hard}"
    review, _ = await reviewed(lambda *_: forbidden(said), {})
    [one] = review.found
    assert says in one.words
    assert one.lasts is lasts
    assert ("at present" in one.line) is not lasts


async def test_a_webhook_that_does_not_answer_is_of_the_moment():
    said = 'Internal error occurred: failed calling webhook "a.b": failed to call webhook: context deadline exceeded'
    review, _ = await reviewed(lambda *_: PodRefusal(500, said), {})
    assert review.found[0].line.startswith("No server would start at present. The admission webhook a.b")


UNKNOWN = {
    "spec.hostFoo": True,
    "spec.containers[1].foo": True,
    "spec.volumes[0].emptyDirr": True,
    "spec.containers[0].volumeMounts[2].foo": True,
    "spec.securityContext.run_as_user": True,
    "spec.securityContext.foo": False,
    "spec.containers[1].resources.foo": False,
    "spec.volumes[0].persistentVolumeClaim.foo": False,
}


@pytest.mark.parametrize(("field", "stops"), UNKNOWN.items())
async def test_an_unknown_field_stops_starts_where_kubespawner_looks_and_is_left_out_elsewhere(field, stops):
    said = f'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "{field}"'
    review, outside = await reviewed(lambda _, strict: PodRefusal(400, said) if strict else None, {})
    [one] = review.found
    assert one.stops is stops
    assert field in one.words
    assert [strict for _, strict in outside.judged] == [True, False]


async def test_the_releases_own_priority_class_need_not_be_there_yet():
    missing = forbidden("no PriorityClass with name jupyterhub-default-priority was found")
    values = {"scheduling": {"podPriority": {"enabled": True}}}
    review, _ = await reviewed(lambda pod, _: missing if "priorityClassName" in pod["spec"] else None, values)
    assert not review.found
    other = forbidden("no PriorityClass with name mine was found")
    review, _ = await reviewed(lambda *_: other, {"hub": {"config": {"KubeSpawner": {"priority_class_name": "mine"}}}})
    assert "There is no priority class mine" in review.found[0].words


async def test_without_the_right_to_ask_nothing_is_judged_and_one_question_is_enough():
    outside = world(Unavailable("Kubernetes", "refused: the bot may not create pods (403)"))
    review = await review_servers(outside.reads, effective_values(THREE, DEFAULTS), HERE)
    assert (review.judged, review.found) == (0, ())
    assert review.unjudged == ("every server, since Kubernetes refused: the bot may not create pods (403)",)


async def test_a_server_with_a_mistake_is_left_to_the_checks_of_values():
    review, _ = await reviewed(None, profiles(("Small", {}), ("Large", {"mem_limit": "16GB"})))
    assert review.judged == 1
    [one] = review.unjudged
    assert one.startswith("servers of Large, since they have mistakes: mem_limit must be a number of bytes")


async def test_what_is_said_holds_no_secret_and_nothing_that_may_be_one():
    values = {
        "hub": {"config": {"X": {"client_secret": "hunter2hunter2"}}},
        "singleuser": {"extraAnnotations": {"a": "kanari-note"}, "lifecycleHooks": {"postStart": {"x": "kanari-hook"}}},
    }
    said = forbidden("the annotation kanari-note, kanari-hook and hunter2hunter2 are not allowed")
    review, _ = await reviewed(lambda *_: said, values)
    assert "the annotation [hidden], [hidden] and [hidden] are not allowed" in review.found[0].words


def live(values):
    return release(3, values=values, defaults=DEFAULTS)


async def changed(judge, before, after):
    outside = world(judge)
    return await review_change(outside.reads, live(before), effective_values(after, DEFAULTS), CHART)


TOO_LARGE = forbidden("maximum memory usage per Container is 32Gi, but limit is 64Gi")
LARGE = {"singleuser": {"memory": {"limit": "64G"}}}


def at_most(pod, _):
    return TOO_LARGE if limit(pod).get("memory", 0) > 32 << 30 else None


async def test_a_change_after_which_nobody_could_start_a_server_is_refused():
    told = await changed(at_most, {}, LARGE)
    assert told.refused[0].startswith("No server would start. Kubernetes refuses it: “maximum memory")


async def test_what_is_so_already_refuses_nothing_and_is_told():
    told = await changed(at_most, LARGE, LARGE | {"cull": {"enabled": True}})
    assert told.refused == ()
    assert told.lines[0].startswith("As in the live revision: No server would start.")


async def test_where_the_hubs_own_code_may_make_it_right_it_is_a_warning():
    code = {"hub": {"extraConfig": {"10-spawn": "c.KubeSpawner.modify_pod_hook = fix"}}}
    told = await changed(at_most, {}, LARGE | code)
    assert told.refused == ()
    assert told.lines[1] == (
        "Not judged by Kubernetes beforehand: what the code in hub.extraConfig (10-spawn) makes of servers."
    )


async def test_a_refusal_of_some_servers_is_a_warning():
    told = await changed(at_most, {}, THREE)
    assert told.refused == ()
    assert told.lines[0].startswith("Servers of Large would not start.")


async def test_code_that_speaks_of_no_starts_is_not_in_each_plan():
    code = {"hub": {"extraConfig": {"10-look": "c.JupyterHub.template_vars = {}"}}}
    assert (await changed(None, {}, code)).lines == ()


async def test_what_is_refused_comes_with_the_way_out():
    sizes = {"metadata": {"name": "sizes"}, "spec": {"limits": [{"type": "Container", "max": {"memory": "32Gi"}}]}}
    said = forbidden("maximum memory usage per Container is 32Gi, but limit is 64Gi")
    outside = world(lambda *_: said, limit_ranges=[LimitRange.from_json(sizes)])
    review = await review_servers(outside.reads, effective_values({}, DEFAULTS), HERE)
    assert "/jhub config set singleuser.memory.limit 32G" in review.found[0].said
    assert "widens the LimitRange sizes" in review.found[0].said
