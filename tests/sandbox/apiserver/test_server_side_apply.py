"""Who owns which field, held against what Kubernetes 1.37 says and does."""

import copy

import pytest

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.objects.errors import ApiError
from sandbox.apiserver.ownership.field_sets import decode, encode, text_of, values_of
from sandbox.apiserver.ownership.managed_fields import APPLY, Writer, entries_of, updated
from sandbox.apiserver.ownership.server_side_apply import applied

HELM = Writer("helm", APPLY)
EDIT = Writer("kubectl-edit")
NOW, LATER = "2026-12-01T08:00:00Z", "2026-12-01T09:00:00Z"


def deployment(*, replicas=1, image="hub:1", labels=None, env=(), ports=((8080, "http"),), **pod):
    container = {
        "name": "hub",
        "image": image,
        "ports": [{"containerPort": number, "name": name} for number, name in ports],
        "env": [{"name": name, "value": value} for name, value in env],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "hub", "namespace": "jhub", "labels": labels or {"app": "jupyterhub"}},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [container], **pod}}},
    }


def apply(live, config, writer=HELM, time=NOW, *, force=False):
    before = copy.deepcopy(live)
    new = applied(r.DEPLOYMENT, live, config, writer, time, force=force)
    assert live == before
    return new


def edited(live, change, writer=EDIT, time=NOW):
    new = copy.deepcopy(live)
    change(new)
    updated(live, new, writer, "apps/v1", time)
    return new


def owners(obj):
    return {entry.writer.name: {text_of(path) for path in entry.fields} for entry in entries_of(obj)}


def container(obj):
    return obj["spec"]["template"]["spec"]["containers"][0]


def scale(number):
    return lambda obj: obj["spec"].update(replicas=number)


def test_who_applies_owns_what_he_applied():
    made = apply(None, deployment(env=[("A", "1")]))
    [entry] = made["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"], entry["apiVersion"], entry["time"]) == ("helm", APPLY, "apps/v1", NOW)
    its = ["f:template", "f:spec", "f:containers", 'k:{"name":"hub"}']
    node = entry["fieldsV1"]["f:spec"]
    for one in its:
        node = node[one]
    assert node["."] == {}
    assert node["f:ports"] == {
        'k:{"containerPort":8080,"protocol":"TCP"}': {".": {}, "f:containerPort": {}, "f:name": {}}
    }
    assert "f:name" not in entry["fieldsV1"]["f:metadata"]


def test_the_form_of_kubernetes_is_read_as_it_is_written():
    fields = frozenset(values_of(deployment(env=[("A", "1")])))
    assert decode(encode(fields)) == fields
    assert decode({"f:a": {".": {}, "f:b": {}}, "f:c": 5}) == {("f:a",), ("f:a", "f:b")}
    assert decode(None) == frozenset()


def test_what_another_changed_is_a_conflict_that_names_him_and_the_field():
    live = edited(apply(None, deployment()), scale(0), time=LATER)
    assert ".spec.replicas" not in owners(live)["helm"]
    with pytest.raises(ApiError) as refused:
        apply(live, deployment(image="hub:2"))
    assert refused.value.status == 409
    assert refused.value.body["message"] == (
        f'Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1 at {LATER}: .spec.replicas'
    )
    assert refused.value.body["details"]["causes"] == [
        {
            "reason": "FieldManagerConflict",
            "message": f'conflict with "kubectl-edit" using apps/v1 at {LATER}',
            "field": ".spec.replicas",
        }
    ]


def test_several_conflicts_are_listed_by_manager():
    live = edited(apply(None, deployment()), scale(0))
    live = edited(live, lambda obj: container(obj).update(image="x"), Writer("ops", APPLY))
    with pytest.raises(ApiError) as refused:
        apply(live, deployment())
    assert refused.value.body["message"] == (
        'Apply failed with 2 conflicts: conflicts with "kubectl-edit" using apps/v1 at 2026-12-01T08:00:00Z:\n'
        '- .spec.replicas\nconflicts with "ops":\n- .spec.template.spec.containers[name="hub"].image'
    )


def test_who_wants_what_is_there_shares_it():
    live = edited(apply(None, deployment()), scale(0))
    both = apply(live, deployment(replicas=0))
    assert all(".spec.replicas" in theirs for theirs in owners(both).values())


def test_what_is_forced_is_taken_from_the_other():
    live = edited(apply(None, deployment()), scale(0))
    forced = apply(live, deployment(), force=True)
    assert forced["spec"]["replicas"] == 1
    assert list(owners(forced)) == ["helm"]


def test_what_is_not_applied_any_more_goes_unless_another_has_it():
    more = {"labels": {"app": "jupyterhub", "x": "y"}, "env": [("A", "1"), ("B", "2")], "nodeSelector": {"a": "b"}}
    live = apply(None, deployment(**more, ports=((8080, "http"), (81, "b"))))
    live = apply(live, deployment(labels={"x": "y"}), Writer("other", APPLY))
    less = apply(live, deployment(env=[("B", "2")]))
    assert less["metadata"]["labels"] == {"app": "jupyterhub", "x": "y"}
    assert container(less)["env"] == [{"name": "B", "value": "2"}]
    assert [port["containerPort"] for port in container(less)["ports"]] == [8080]
    assert "nodeSelector" not in less["spec"]["template"]["spec"]


def test_what_others_and_the_server_have_set_stays():
    live = apply(None, deployment())
    live["spec"]["progressDeadlineSeconds"] = 600
    live = edited(live, lambda obj: obj["metadata"].update(annotations={"seen": "yes"}))
    again = apply(live, deployment(image="hub:2"))
    assert again["spec"]["progressDeadlineSeconds"] == 600
    assert again["metadata"]["annotations"] == {"seen": "yes"}
    assert container(again)["image"] == "hub:2"


def test_a_selector_has_one_owner_and_is_replaced_as_a_whole():
    live = apply(None, deployment(nodeSelector={"a": "b"}))
    assert ".spec.template.spec.nodeSelector" in owners(live)["helm"]
    assert apply(live, deployment(nodeSelector={"c": "d"}))["spec"]["template"]["spec"]["nodeSelector"] == {"c": "d"}


def test_the_same_again_changes_nothing_not_even_the_time():
    live = apply(None, deployment())
    assert apply(live, deployment(), time=LATER) == live


def test_two_items_of_one_key_are_refused_as_kubernetes_words_it():
    with pytest.raises(ApiError) as refused:
        apply(None, deployment(env=[("A", "1"), ("A", "2")]))
    assert refused.value.status == 500
    assert refused.value.body["message"] == (
        "failed to create typed patch object (jhub/hub; apps/v1, Kind=Deployment): "
        '.spec.template.spec.containers[name="hub"].env: duplicate entries for key [name="A"]'
    )


def test_a_client_that_hands_over_its_fields_is_believed():
    live = edited(deployment(), lambda _: None, Writer("helm"))
    updated(None, live, Writer("helm"), "apps/v1", NOW)

    def hand_over(obj):
        for entry in obj["metadata"]["managedFields"]:
            entry["operation"] = APPLY

    assert entries_of(edited(live, hand_over, Writer("helm")))[0].writer == HELM


def test_a_status_has_an_owner_of_its_own():
    live = apply(None, deployment())
    live = edited(live, lambda obj: obj.update(status={"replicas": 1}), Writer("manager", subresource="status"))
    assert live["metadata"]["managedFields"][1]["subresource"] == "status"
    assert owners(live)["manager"] == {".status.replicas"}


async def test_over_http_the_manager_is_named_or_is_the_program(cluster):
    path = "/api/v1/namespaces/default/configmaps"
    made = {"metadata": {"name": "a"}, "data": {"x": "1"}}
    async with cluster.session.post(cluster.url + path, json=made, headers={"User-Agent": "kubectl/v1.37"}) as answer:
        assert (await answer.json())["metadata"]["managedFields"][0]["manager"] == "kubectl"
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"x": "2"}}
    headers = {"Content-Type": "application/apply-patch+yaml"}

    async def patch(query):
        asked = cluster.session.patch(f"{cluster.url}{path}/a?{query}", json=config, headers=headers)
        async with asked as answer:
            return answer.status, await answer.json()

    assert (await patch("fieldManager=helm"))[0] == 409
    status, answer = await patch("fieldManager=helm&force=true")
    assert (status, answer["data"]) == (200, {"x": "2"})
    assert (await patch(""))[0] == 422
