"""Forms of values that no schema knows, against those who read them."""

import pytest
from jupyterhub.traitlets import ByteSpecification
from traitlets import HasTraits, TraitError

from commands.values.type_checks import malformed


class Spawner(HasTraits):
    memory = ByteSpecification()


def test_values_as_the_example_has_them_are_well_formed():
    values = {"singleuser": {"memory": {"limit": "8G", "guarantee": 1_000_000}, "storage": {"capacity": "10Gi"}}}
    assert malformed(values, {"hub": {"db": {"pvc": {"storage": "1Gi"}}}}) == ()


@pytest.mark.parametrize("written", ["8G", "1.5G", "512M", "2T", "102400K", "6Gi", "8GB", "8g", "lots", "8 GiB", "G"])
def test_memory_is_held_to_what_jupyterhub_reads(written):
    try:
        Spawner(memory=written)
        taken = True
    except TraitError:
        taken = False
    assert (malformed({"singleuser": {"memory": {"limit": written}}}, {}) == ()) is taken


@pytest.mark.parametrize(("written", "taken"), [("10Gi", True), ("500M", True), ("1.5Ti", True), ("10GB", False)])
def test_sizes_of_disks_are_kubernetes_quantities(written, taken):
    found = malformed({"singleuser": {"storage": {"capacity": written}}}, {})
    assert [one.path for one in found] == ([] if taken else ["singleuser.storage.capacity"])


def test_what_is_no_mapping_or_null_is_for_the_schema_to_say():
    assert malformed({"singleuser": {"memory": {"limit": None}, "storage": "10Gi"}, "hub": []}, {}) == ()
