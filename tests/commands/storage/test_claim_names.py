"""Claims' names by both schemes, as kubespawner 7.1 makes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.storage.claim_names import Scheme, new_name, old_name, possible_names, scheme
from sandbox.jupyterhub.slugs import escaped_suffix, safe_suffix

# From kubespawner itself.
SEEN = [
    ("miksch@win.dtu.dk", "", "claim-miksch-40win-2edtu-2edk", "claim-miksch-win-dtu-dk---5ec1e680"),
    (
        "miksch@win.dtu.dk",
        "my-srv",
        "claim-miksch-40win-2edtu-2edkmy-2dsrv",
        "claim-miksch-win-dtu-dk---5ec1e680--my-srv",
    ),
    ("o'brien@dtu.dk", "", "claim-o-27brien-40dtu-2edk", "claim-o-brien-dtu-dk---4589d589"),
    ("ann+lab@dtu.dk", "", "claim-ann-2blab-40dtu-2edk", "claim-ann-lab-dtu-dk---31e0a1ec"),
    (
        "søren.ågård@dtu.dk",
        "",
        "claim-s-c3-b8ren-2e-c3-a5g-c3-a5rd-40dtu-2edk",
        "claim-s-ren-g-rd-dtu-dk---7d191eea",
    ),
    ("1user@dtu.dk", "", "claim-1user-40dtu-2edk", "claim-x-1user-dtu-dk---27d31772"),
    ("miksch", "", "claim-miksch", "claim-miksch"),
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
    assert scheme("claim-miksch-40win-2edtu-2edk", "miksch@win.dtu.dk") is Scheme.OLD
    assert scheme("claim-miksch-win-dtu-dk---5ec1e680", "miksch@win.dtu.dk") is Scheme.NEW
    assert scheme("claim-miksch", "miksch") is Scheme.BOTH
    assert scheme("thesis-backup", "miksch") is Scheme.OTHER


def test_all_names_of_a_user_lead_to_their_servers():
    names = possible_names(["miksch@win.dtu.dk"], ["", "my-srv"])
    assert set(names) == {name for row in SEEN[:2] for name in row[2:]}
    assert {names[name] for name in SEEN[1][2:]} == {"my-srv"}
