"""What the cluster says, without what is nobody's business in a chat."""

import pytest

from commands.kubernetes.messages import shown


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ('Get "http://10.244.0.7:8081/hub/health": refused', 'Get "(address)/hub/health": refused'),
        ("dial tcp [fd00::1:2]:443: i/o timeout", "dial tcp (address): i/o timeout"),
        ("disk /subscriptions/5ddf/resourceGroups/mc/disks/pvc-1 not found", "disk …/pvc-1 not found"),
        ("one\n  line", "one line"),
        ("version 1.32.4 of 3", "version 1.32.4 of 3"),
    ],
)
def test_addresses_and_azures_paths_are_left_out(message, text):
    assert shown(message) == text


def test_it_is_as_long_as_anybody_reads():
    assert len(shown("x" * 5_000)) == 300
    assert shown("abcdef", 4) == "abc…"
