import pytest

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.objects.errors import ApiError
from sandbox.apiserver.objects.selectors import field_test, label_test, matches

LABELS = {"app": "jupyterhub", "component": "hub", "hub.jupyter.org/node-purpose": "user", "empty": ""}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("app=jupyterhub", True),
        ("app==jupyterhub,component=hub", True),
        ("app=jupyterhub, component = proxy", False),
        ("component!=proxy", True),
        ("missing!=x", True),
        ("component in (hub,proxy)", True),
        ("component in ( proxy , autohttps )", False),
        ("component notin (proxy),app", True),
        ("missing notin (x)", True),
        ("missing", False),
        ("!missing", True),
        ("!app", False),
        ("hub.jupyter.org/node-purpose=user", True),
        ("empty=", True),
    ],
)
def test_label_selectors(selector, expected):
    test = label_test(selector)
    assert test is not None
    assert test({"metadata": {"labels": LABELS}}) is expected


def test_no_selector_is_no_test():
    assert label_test("") is None
    assert field_test(r.POD, "") is None


@pytest.mark.parametrize("selector", ["a b", "a in hub", "=x", "a=b=c", "in (a)", "a in (b", "a,)("])
def test_selectors_that_mean_nothing_are_refused(selector):
    with pytest.raises(ApiError, match="unable to parse requirement") as refused:
        label_test(selector)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("kind", "selector", "expected"),
    [
        (r.POD, "metadata.name=hub,metadata.namespace=default", True),
        (r.POD, "spec.nodeName!=node-1", False),
        (r.POD, "status.phase=Running,spec.nodeName=node-1", True),
        (r.POD, "spec.nodeName=", False),
        (r.EVENT, "involvedObject.name=hub,type!=Normal", True),
        (r.SECRET, "type=helm.sh/release.v1", True),
    ],
)
def test_field_selectors(kind, selector, expected):
    obj = {
        "metadata": {"name": "hub", "namespace": "default"},
        "spec": {"nodeName": "node-1"},
        "status": {"phase": "Running"},
        "involvedObject": {"name": "hub"},
        "type": "Warning" if kind is r.EVENT else "helm.sh/release.v1",
    }
    test = field_test(kind, selector)
    assert test is not None
    assert test(obj) is expected


def test_fields_that_kubernetes_does_not_select_by_are_refused():
    with pytest.raises(ApiError, match=r"field label not supported: spec\.containers"):
        field_test(r.POD, "spec.containers=x")


def test_selectors_inside_objects():
    expressions = [
        {"key": "component", "operator": "In", "values": ["hub"]},
        {"key": "gone", "operator": "DoesNotExist"},
    ]
    assert matches({"matchLabels": {"app": "jupyterhub"}, "matchExpressions": expressions}, LABELS)
    assert not matches({"matchLabels": {"app": "other"}}, LABELS)
    assert matches({}, LABELS)
