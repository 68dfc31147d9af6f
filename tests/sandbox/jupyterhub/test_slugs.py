"""Names against those that kubespawner 7.1 gave when it was run, and what they must be for Kubernetes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.jupyterhub.slugs import escaped_suffix, safe_suffix
from sandbox.jupyterhub.spawner import Named, Profile, claim, pod

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@pytest.mark.parametrize(
    ("user", "server", "escaped", "safe"),
    [
        ("mira@lab.example.org", "", "mira-40lab-2eexample-2eorg", "mira-lab-example-org---fb437e8b"),
        (
            "mira@lab.example.org",
            "my-srv",
            "mira-40lab-2eexample-2eorgmy-2dsrv",
            "mira-lab-example-org---fb437e8b--my-srv",
        ),
        ("o'brien@example.org", "", "o-27brien-40example-2eorg", "o-brien-example-org---ed48960d"),
        ("ann+lab@example.org", "", "ann-2blab-40example-2eorg", "ann-lab-example-org---4d4d3651"),
        (
            "søren.ågård@example.org",
            "",
            "s-c3-b8ren-2e-c3-a5g-c3-a5rd-40example-2eorg",
            "s-ren-g-rd-example-org---7118f814",
        ),
        ("1user@example.org", "", "1user-40example-2eorg", "x-1user-example-org---a93dca85"),
        ("mira", "", "mira", "mira"),
        ("a--b", "", "a-2d-2db", "a-b---90827a2e"),
        # Where user and server do not fit beside each other, one hash is for both.
        (
            *("mira@lab.example.org", "deep-learning-course"),
            *("mira-40lab-2eexample-2eorgdeep-2dlearning-2dcourse", "mira-lab-example--deep-learning-cou---b8f915b0"),
        ),
        # A long name is taken for that of a user with a server, though there is none.
        (
            *("wilhelmina.vanderbilt-montgomery@students.example.org", ""),
            "wilhelmina-2evanderbilt-2dmontgomery-40students-2eexample-2eorg",
            "wilhelmina-vander--x---edd55ccc",
        ),
    ],
)
def test_names_are_those_of_kubespawner(user, server, escaped, safe):
    assert Named(user, server, old_scheme=True).claim == f"claim-{escaped}"
    assert Named(user, server).claim == f"claim-{safe}"
    assert Named(user, server, old_scheme=True).pod == f"jupyter-{escaped}"
    assert Named(user, server).pod == f"jupyter-{safe}"


@given(st.text(min_size=1, max_size=80))
def test_the_new_schemes_names_are_always_valid_and_short_enough(user):
    suffix = safe_suffix(user)
    assert LABEL.fullmatch(suffix)
    assert len(suffix) <= 48


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_different_users_never_share_a_claim(one, other):
    assert (safe_suffix(one) == safe_suffix(other)) == (one == other)


def test_by_the_old_scheme_nothing_tells_user_and_server_apart():
    assert escaped_suffix("ann", "lab") == escaped_suffix("annlab")


def test_the_annotation_holds_the_raw_name_whatever_the_scheme():
    profile = Profile("jhub", "jupyterhub", "example.org/notebook:1", "10Gi", "managed-csi")
    for old in (True, False):
        named = Named("o'brien@example.org", "lab", old)
        for made, component in (
            (claim(named, profile), "singleuser-storage"),
            (pod(named, profile), "singleuser-server"),
        ):
            metadata = made["metadata"]
            assert metadata["annotations"]["hub.jupyter.org/username"] == "o'brien@example.org"
            assert metadata["annotations"]["hub.jupyter.org/servername"] == "lab"
            assert metadata["labels"]["component"] == component
            assert LABEL.fullmatch(metadata["labels"]["hub.jupyter.org/username"])
        (volume,) = pod(named, profile)["spec"]["volumes"]
        assert volume["persistentVolumeClaim"]["claimName"] == named.claim
        assert LABEL.fullmatch(volume["name"])


def test_the_username_label_is_the_users_whatever_the_server():
    profile = Profile("jhub", "jupyterhub", "example.org/notebook:1", "10Gi", "managed-csi")
    for old in (True, False):
        made = [pod(Named("ann@example.org", server, old), profile)["metadata"]["labels"] for server in ("", "lab")]
        assert len({labels["hub.jupyter.org/username"] for labels in made}) == 1
