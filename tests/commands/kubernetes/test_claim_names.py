"""Claims' names by both schemes, as kubespawner 7.1 makes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.kubernetes.claim_names import Scheme, new_name, old_name, possible_names, scheme
from sandbox.jupyterhub.slugs import escaped_suffix, safe_suffix

# From kubespawner itself.
SEEN = [
    ("mira@lab.example.org", "", "claim-mira-40lab-2eexample-2eorg", "claim-mira-lab-example-org---fb437e8b"),
    (
        "mira@lab.example.org",
        "my-srv",
        "claim-mira-40lab-2eexample-2eorgmy-2dsrv",
        "claim-mira-lab-example-org---fb437e8b--my-srv",
    ),
    ("o'brien@example.org", "", "claim-o-27brien-40example-2eorg", "claim-o-brien-example-org---ed48960d"),
    ("ann+lab@example.org", "", "claim-ann-2blab-40example-2eorg", "claim-ann-lab-example-org---4d4d3651"),
    (
        "søren.ågård@example.org",
        "",
        "claim-s-c3-b8ren-2e-c3-a5g-c3-a5rd-40example-2eorg",
        "claim-s-ren-g-rd-example-org---7118f814",
    ),
    ("1user@example.org", "", "claim-1user-40example-2eorg", "claim-x-1user-example-org---a93dca85"),
    ("mira", "", "claim-mira", "claim-mira"),
    ("a--b", "", "claim-a-2d-2db", "claim-a-b---90827a2e"),
]


@pytest.mark.parametrize(("user", "server", "old", "new"), SEEN)
def test_names_as_kubespawner_made_them(user, server, old, new):
    assert (old_name(user, server), new_name(user, server)) == (old, new)


@given(st.text(min_size=1, max_size=80), st.text(max_size=60))
def test_names_as_the_emulated_spawner_makes_them(user, server):
    assert old_name(user, server) == f"claim-{escaped_suffix(user, server)}"
    assert new_name(user, server) == f"claim-{safe_suffix(user, server)}"
    assert len(new_name(user, server)) <= len("claim-") + 48


def test_a_name_tells_its_scheme():
    assert scheme("claim-mira-40lab-2eexample-2eorg", "mira@lab.example.org") is Scheme.OLD
    assert scheme("claim-mira-lab-example-org---fb437e8b", "mira@lab.example.org") is Scheme.NEW
    assert scheme("claim-mira", "mira") is Scheme.BOTH
    assert scheme("thesis-backup", "mira") is Scheme.OTHER


def test_all_names_of_a_user_lead_to_their_servers():
    names = possible_names(["mira@lab.example.org"], ["", "my-srv"])
    assert set(names) == {name for row in SEEN[:2] for name in row[2:]}
    assert {names[name] for name in SEEN[1][2:]} == {"my-srv"}
