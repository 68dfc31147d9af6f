"""Each of these tests has a world of its own, so that they run beside each other; the longest begin first."""

LONGEST = (
    *("test_kill_replicas", "test_kill", "test_rotate", "test_kill_scale", "test_build", "test_refresh"),
    *("test_deploy", "test_cluster_picture", "test_scale"),
)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if _is_long(item) else len(LONGEST))


def _is_long(item):
    return item.get_closest_marker("fault") is not None and item.path.stem in LONGEST
