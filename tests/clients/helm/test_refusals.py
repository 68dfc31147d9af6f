"""What charts, and owners of objects, refuse: in sentences of theirs and ours, without frames, templates and values."""

import os
import subprocess
from pathlib import Path

import pytest

from clients.helm.failure import FailureReason, classify, explain
from tests.clients.helm.test_upgrade import HELM
from tests.published import CHARTS

FRAME = [
    "################################",
    "######  NO LONGER ACCEPTED #####",
    "######  Read on below.     #####",
    "################################",
]
OLD = "CHANGED: rbac.enabled is rbac.create since 2.0.0 (<hub|proxy>.serviceAccount)"
EXAMPLE = ["The new form is printed below.", "", "hub:", "  config:", "    Login:", "      secret: hunter2hunter2", ""]


@pytest.fixture
def refused(tmp_path):
    """Return what the real helm prints for a chart that fails with these lines."""

    def make(*lines):
        (tmp_path / "templates").mkdir(exist_ok=True)
        (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: tiny\nversion: 0.1.0\n")
        text = "\\n".join(lines).replace('"', '\\"')
        (tmp_path / "templates/NOTES.txt").write_text(f'{{{{ fail "{text}" }}}}\n')
        command = [HELM, "template", "x", str(tmp_path)]
        environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stderr

    return make


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["", "", *FRAME, "", OLD, "", ""], f"{OLD}."),
        (["", *FRAME, "", "The form of a", "was reworked.", "", OLD], f"The form of a was reworked. {OLD}."),
        (
            ["", *FRAME, "", "It was reworked.", "", *EXAMPLE, "See also:", "https://x.example.org/a"],
            "It was reworked.",
        ),
        ([*FRAME], "NO LONGER ACCEPTED Read on below."),
        (["a.b is a required field"], "a.b is a required field."),
    ],
)
def test_the_charts_own_reason_is_told_in_sentences(refused, lines, said):
    errors = refused(*lines)
    assert classify(errors) is FailureReason.CHART
    assert explain(FailureReason.CHART, errors, {}) == f"The chart refuses these values: {said}"


def test_nothing_of_the_values_is_told(refused):
    errors = refused(f"hub.password is hunter2hunter2 at http://10.1.2.3:8081/x {'y' * 900}")
    told = explain(classify(errors), errors, {"hub": {"password": "hunter2hunter2"}})
    assert "hunter2" not in told
    assert "10.1.2.3" not in told
    assert len(told) < 700


@pytest.mark.skipif(CHARTS is None, reason="JHUB_BOT_CHARTS names no folder with unpacked charts, as 1.1.3/jupyterhub")
@pytest.mark.parametrize(
    ("version", "values", "says"),
    [
        (
            "1.1.3",
            "auth: {type: azuread, azuread: {clientSecret: hunter2hunter2}}",
            ["auth config", "requires changes"],
        ),
        ("1.1.3", "singleuser: {imagePullSecret: {enabled: true}}", ["REMOVED: singleuser.imagePullSecret"]),
        ("4.4.0", "hub: {fsGid: 1}\nrbac: {enabled: true}", ["rbac.enabled must", "hub.fsGid must"]),
    ],
)
def test_the_real_charts_reasons_are_told(tmp_path, version, values, says):
    command = [HELM, "template", "x", str(Path(CHARTS) / version / "jupyterhub"), "--values=-"]
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    errors = subprocess.run(
        command, input=values, env=environment, capture_output=True, text=True, check=False, timeout=60
    ).stderr
    told = explain(classify(errors), errors, {})
    assert all(one in told for one in says)
    assert not any(one in told for one in ("#", "NOTES.txt", "[address]", "hunter2", "--debug"))


# As helm 3.17 says it; the sources are in `clients.helm.refusals`.
IMPORTED = (
    "Error: INSTALLATION FAILED: Unable to continue with install: {what} exists and cannot be imported into the "
    "current release: invalid ownership metadata; {why}"
)
ELSEWHERE = 'annotation validation error: key "meta.helm.sh/release-namespace" must equal "b": current value is "a"'
ANOTHER = 'annotation validation error: key "meta.helm.sh/release-name" must equal "y": current value is "x"'
NOBODY = 'label validation error: missing key "app.kubernetes.io/managed-by": must be set to "Helm"'


@pytest.mark.parametrize(
    ("what", "why", "told"),
    [
        (
            'ClusterRole "x-user-scheduler" in namespace ""',
            ELSEWHERE,
            ["ClusterRole x-user-scheduler exists already", "of the same name in namespace a", "release.name"],
        ),
        ('PriorityClass "x" in namespace ""', f"{ANOTHER}; {ELSEWHERE}", ["the release x in namespace a"]),
        ('Secret "hub" in namespace "b"', ANOTHER, ["Secret hub", "the release x (", "a namespace of its own"]),
        ('Secret "hub" in namespace "b"', NOBODY, ["belongs to no release of helm", "remove or rename it"]),
        ("Something strange", NOBODY, ["helm changed nothing"]),
    ],
)
def test_whose_object_is_in_the_way_is_told(what, why, told):
    errors = IMPORTED.format(what=what, why=why)
    assert classify(errors) is FailureReason.OWNED
    said = explain(FailureReason.OWNED, errors, {})
    assert all(one in said for one in told), said
    assert "annotation" not in said
