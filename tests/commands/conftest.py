"""Waiting that takes no time."""

import pytest

from commands.framework import polling
from commands.servers import wait_stopped
from commands.storage import deletion, restore_steps


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(polling, "PACE", 0.001)
    monkeypatch.setattr(deletion, "_PATIENCE", 0.05)
    monkeypatch.setattr(deletion, "_SNAPSHOT_PATIENCE", 0.05)
    monkeypatch.setattr(restore_steps, "_PATIENCE", 0.05)
    monkeypatch.setattr(restore_steps, "_GONE_PATIENCE", 0.05)
    monkeypatch.setattr(wait_stopped, "PATIENCE", 0.05)
