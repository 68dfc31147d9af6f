"""The types of traits and the quantities, held against JupyterHub's and Kubernetes' own."""

import math

import pytest
from jupyterhub.app import JupyterHub
from jupyterhub.auth import Authenticator
from jupyterhub.spawner import LocalProcessSpawner, Spawner
from traitlets import TraitError

from clients.errors import Rejected
from clients.values import parse
from commands.values import formats as value_grammar
from commands.values import trait_types as value_traits

SAMPLES = (1, 0.5, "1", "8G", "text", [], ["a"], {}, {"a": "b"})


@pytest.mark.parametrize(
    ("holder", "table"),
    [
        (Spawner, value_traits.TRAITS),
        (JupyterHub, value_traits.OF_HUB),
        (Authenticator, value_traits.OF_AUTHENTICATOR),
    ],
)
def test_kinds_are_those_of_jupyterhubs_own_traits(holder, table):
    known = {name: trait for name, trait in holder.class_traits().items() if name in table}
    assert len(known) > 4
    owner = LocalProcessSpawner() if holder is Spawner else holder()
    for name, trait in known.items():
        for value in SAMPLES:
            try:
                trait._validate(owner, value)
                taken = True
            except (TraitError, TypeError):
                taken = False
            assert (table[name](value) == "") is taken, (name, value)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        *(("1", 1), ("1.5", 1.5), (".5", 0.5), ("5.", 5), ("100m", 0.1), ("1Ki", 1024), ("1k", 1000), ("2Gi", 2**31)),
        *(
            ("1e3", 1000),
            ("1E3", 1000),
            ("1E", 1e18),
            ("1e999", math.inf),
            ("1Ei", 2**60),
            ("+1", 1),
            ("5n", 5e-9),
            (3, 3),
            (0.5, 0.5),
        ),
        *(
            (text, None)
            for text in ("", "1K", "1GB", "1gi", "1 Gi", "Gi", "1KiB", "one", "1e", "--1", "1,5", True, None)
        ),
    ],
)
def test_quantities_are_kubernetes_own(written, amount):
    assert value_grammar.quantity(written) == pytest.approx(amount)


def test_long_texts_take_no_long_time():
    for check in (value_grammar.image, value_grammar.size, value_grammar.mail, value_grammar.url):
        assert check("a-" * 50_000 + "!")
    assert value_grammar.host("a-" * 50_000 + "!", wildcard=True)
    with pytest.raises(Rejected):
        parse("a: [")
