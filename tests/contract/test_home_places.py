"""Places of homes, as the real KubeSpawner finds them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from commands.kubernetes.home_places import home_places
from tests.contract.hubs import HUB_PYTHON, release

PYTHON = os.environ.get(HUB_PYTHON, sys.executable)
SCRIPT = Path(__file__).with_name("kubespawner_homes.py")
KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "none",
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
    "clusters": [{"name": "none", "cluster": {"server": "http://127.0.0.1:9"}}],
    "users": [{"name": "none", "user": {}}],
}
USERS = ["ada", "Ann", "ada@example.org", "a--b", "1st", "søren.ågård@example.org", "x" * 60, "-", "x.y-z", "Y" * 45]
SERVERS = ["", "lab", "my-srv", "Big Lab", "s" * 40]
TEMPLATES = [
    "",
    "claim-{username}{servername}",
    "claim-{username}--{servername}",
    "claim-{user_server}",
    "home-{safe_username}-{escaped_servername}",
    "x-{escaped_user_server}",
    "{unescaped_username}-{userid}",
    "claim-{safe_user_server}-",
]
FOLDERS = ["", "homes/{username}", "{escaped_username}/{servername}"]
CASES = [
    (scheme, template, FOLDERS[n % 3], user, server)
    for scheme in ("safe", "escape")
    for n, template in enumerate(TEMPLATES)
    for user in USERS
    for server in SERVERS
]


def settings(scheme, template):
    return {"slug_scheme": scheme} | ({"pvc_name_template": template} if template else {})


def of_kubespawner(tmp_path, cases):
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(KUBECONFIG))
    told = subprocess.run(
        [PYTHON, SCRIPT],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "KUBECONFIG": str(file)},
    )
    return [tuple(one) for one in json.loads(told.stdout)]


def ours(scheme, template, folder, user, server):
    storage = {"type": "dynamic", "dynamic": {"pvcNameTemplate": template, "subPath": folder}}
    values = {"singleuser": {"storage": storage}, "hub": {"config": {"KubeSpawner": {"slug_scheme": scheme}}}}
    found = home_places(values, 4).place(user, server)
    return (found.claim, found.folder)


@pytest.mark.skipif(release() < 5, reason="KubeSpawner before 7 has no scheme to choose")
def test_homes_are_where_the_real_kubespawner_looks_for_them(tmp_path):
    real = of_kubespawner(tmp_path, [(settings(one[0], one[1]), *one[2:]) for one in CASES])
    assert len(real) == len(CASES)
    assert [(case, ours(*case)) for case in CASES] == list(zip(CASES, real, strict=True))


def test_names_of_charts_before_4_are_those_of_the_scheme_escape(tmp_path):
    # KubeSpawner 1.1 to 6.2 have no scheme to choose; 7 computes the same with `escape` (`make real` asks both).
    names = [(user, server) for user in USERS for server in SERVERS]
    real = of_kubespawner(
        tmp_path, [(settings("escape", "claim-{username}{servername}"), "{username}", *one) for one in names]
    )
    places = home_places({}, 3)
    assert [places.place(*one).claim for one in names] == [claim for claim, _ in real]
