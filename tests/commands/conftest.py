"""Waiting that takes no time."""

import pytest

from commands.framework import polling
from commands.spawner import stopping
from commands.storage import deletion, restore_steps
from commands.users import hub_record, rehoming


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(polling, "PACE", 0.001)
    monkeypatch.setattr(deletion, "_PATIENCE", 0.05)
    monkeypatch.setattr(deletion, "_SNAPSHOT_PATIENCE", 0.05)
    monkeypatch.setattr(restore_steps, "_PATIENCE", 0.05)
    monkeypatch.setattr(restore_steps, "_GONE_PATIENCE", 0.05)
    monkeypatch.setattr(stopping, "PATIENCE", 0.3)
    monkeypatch.setattr(rehoming, "PATIENCE", 10.0)
    monkeypatch.setattr(hub_record, "_PATIENCE", 10.0)
