import copy

import pytest

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.objects.errors import ApiError
from sandbox.apiserver.patching.apply import APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, patched

WORKLOAD = {
    "metadata": {"labels": {"a": "1", "b": "2"}, "finalizers": ["one"]},
    "spec": {
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "hub",
                        "image": "hub:1",
                        "args": ["x", "y"],
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                        "ports": [{"containerPort": 80, "name": "http"}],
                    },
                    {"name": "side", "image": "side:1"},
                ],
                "tolerations": [{"key": "a"}],
                "volumes": [{"name": "data", "emptyDir": {}}],
            }
        },
    },
}


def strategic(patch, current=WORKLOAD, kind=r.DEPLOYMENT):
    before = copy.deepcopy(current)
    result = patched(STRATEGIC_PATCH, kind, current, patch)
    assert current == before
    return result


def pod_spec(**fields):
    return {"spec": {"template": {"spec": fields}}}


def containers(result):
    return result["spec"]["template"]["spec"]["containers"]


def test_lists_with_a_merge_key_are_merged_by_it():
    result = strategic(pod_spec(containers=[{"name": "hub", "image": "hub:2", "env": [{"name": "B", "value": "3"}]}]))
    assert [c["name"] for c in containers(result)] == ["hub", "side"]
    assert containers(result)[0]["image"] == "hub:2"
    assert containers(result)[0]["env"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}]
    assert containers(result)[0]["args"] == ["x", "y"]


def test_lists_without_one_are_replaced():
    result = strategic(pod_spec(tolerations=[{"key": "b"}], containers=[{"name": "hub", "args": ["z"]}]))
    assert result["spec"]["template"]["spec"]["tolerations"] == [{"key": "b"}]
    assert containers(result)[0]["args"] == ["z"]


def test_ports_are_merged_by_what_holds_them():
    more = strategic(pod_spec(containers=[{"name": "hub", "ports": [{"containerPort": 81}]}]))
    assert [port["containerPort"] for port in containers(more)[0]["ports"]] == [80, 81]
    service = {"spec": {"ports": [{"port": 80, "nodePort": 30001}]}}
    changed = strategic({"spec": {"ports": [{"port": 80, "targetPort": 9}]}}, service, r.SERVICE)
    assert changed["spec"]["ports"] == [{"port": 80, "nodePort": 30001, "targetPort": 9}]


def test_directives_delete_replace_and_keep():
    gone = strategic(pod_spec(containers=[{"name": "side", "$patch": "delete"}]))
    assert [c["name"] for c in containers(gone)] == ["hub"]
    swapped = strategic(pod_spec(containers=[{"$patch": "replace"}, {"name": "new", "image": "n"}]))
    assert containers(swapped) == [{"name": "new", "image": "n"}]
    recreate = strategic({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}})
    assert recreate["spec"]["strategy"] == {"type": "Recreate"}
    fewer = strategic({"metadata": {"$deleteFromPrimitiveList/finalizers": ["one"]}})
    assert fewer["metadata"]["finalizers"] == []
    replaced = strategic({"metadata": {"labels": {"$patch": "replace", "c": "3"}}})
    assert replaced["metadata"]["labels"] == {"c": "3"}


def test_null_deletes_and_is_never_stored():
    result = strategic({"metadata": {"labels": {"a": None}, "annotations": {"x": None, "y": "z"}}})
    assert result["metadata"]["labels"] == {"b": "2"}
    assert result["metadata"]["annotations"] == {"y": "z"}


def test_the_order_of_the_patch_is_kept():
    order = {"$setElementOrder/containers": [{"name": "new"}, {"name": "side"}, {"name": "hub"}]}
    result = strategic(pod_spec(**order, containers=[{"name": "new", "image": "n"}]))
    assert [c["name"] for c in containers(result)] == ["new", "side", "hub"]
    partial = {"$setElementOrder/containers": [{"name": "hub"}, {"name": "new"}]}
    result = strategic(pod_spec(**partial, containers=[{"name": "new", "image": "n"}]))
    assert {c["name"] for c in containers(result)} == {"hub", "side", "new"}


def test_an_item_without_its_key_is_refused():
    with pytest.raises(ApiError, match="does not contain declared merge key: name"):
        strategic(pod_spec(containers=[{"image": "x"}]))


def test_merge_patch_knows_no_keys():
    result = patched(MERGE_PATCH, r.DEPLOYMENT, WORKLOAD, pod_spec(containers=[{"name": "only"}], volumes=None))
    assert containers(result) == [{"name": "only"}]
    assert "volumes" not in result["spec"]["template"]["spec"]
    assert result["metadata"] == WORKLOAD["metadata"]


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "add", "path": "/list/1", "value": 9}], {"list": [1, 9, 2], "a/b": {"~": 1}}),
        ([{"op": "add", "path": "/list/-", "value": 9}], {"list": [1, 2, 9], "a/b": {"~": 1}}),
        ([{"op": "replace", "path": "/list/0", "value": 9}], {"list": [9, 2], "a/b": {"~": 1}}),
        ([{"op": "remove", "path": "/list"}], {"a/b": {"~": 1}}),
        ([{"op": "replace", "path": "/a~1b/~0", "value": 2}], {"list": [1, 2], "a/b": {"~": 2}}),
        ([{"op": "move", "from": "/list", "path": "/moved"}], {"moved": [1, 2], "a/b": {"~": 1}}),
        ([{"op": "copy", "from": "/list/0", "path": "/one"}], {"list": [1, 2], "a/b": {"~": 1}, "one": 1}),
        (
            [{"op": "test", "path": "/list/0", "value": 1}, {"op": "remove", "path": "/a~1b"}],
            {"list": [1, 2]},
        ),
    ],
)
def test_json_patch(operations, expected):
    assert patched(JSON_PATCH, r.CONFIG_MAP, {"list": [1, 2], "a/b": {"~": 1}}, operations) == expected


@pytest.mark.parametrize(
    ("operations", "status", "told"),
    [
        ([{"op": "test", "path": "/a", "value": 2}], 422, "testing value /a failed"),
        ([{"op": "remove", "path": "/nope"}], 422, "missing path"),
        ([{"op": "replace", "path": "/nope/deep", "value": 1}], 422, "missing path"),
        ([{"op": "add", "path": "/list/7", "value": 1}], 422, "invalid index"),
        ([{"op": "add", "path": "/list/-1", "value": 1}], 422, "invalid index"),
        ([{"op": "add", "path": "/a"}], 400, "without a value"),
        ([{"op": "jump", "path": "/a"}], 400, "unexpected kind: jump"),
        ([{"op": "add", "path": "a", "value": 1}], 400, "does not begin with /"),
        ([7], 400, "needs an op and a path"),
        ({"op": "add"}, 400, "cannot unmarshal"),
    ],
)
def test_json_patches_that_do_not_fit(operations, status, told):
    with pytest.raises(ApiError) as refused:
        patched(JSON_PATCH, r.CONFIG_MAP, {"a": 1, "list": []}, operations)
    assert refused.value.status == status
    assert told in str(refused.value.body)


@pytest.mark.parametrize("media_type", ["application/json", APPLY_PATCH])
def test_what_is_no_patch_is_refused(media_type):
    with pytest.raises(ApiError) as refused:
        patched(media_type, r.CONFIG_MAP, {}, {})
    assert refused.value.status == 415
