"""Waiting that takes no time."""

import pytest

from commands.framework import polling as waiting
from commands.servers import wait_stopped as stopping
from commands.storage import deletion as removal
from commands.storage import restore_steps as restoration


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(waiting, "PACE", 0.001)
    monkeypatch.setattr(removal, "_PATIENCE", 0.05)
    monkeypatch.setattr(removal, "_SNAPSHOT_PATIENCE", 0.05)
    monkeypatch.setattr(restoration, "_PATIENCE", 0.05)
    monkeypatch.setattr(restoration, "_GONE_PATIENCE", 0.05)
    monkeypatch.setattr(stopping, "PATIENCE", 0.05)
