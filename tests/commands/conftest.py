"""Waiting that takes no time."""

import pytest

from commands import removal, restoration, stopping, waiting


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(waiting, "PACE", 0.001)
    monkeypatch.setattr(removal, "_PATIENCE", 0.05)
    monkeypatch.setattr(removal, "_SNAPSHOT_PATIENCE", 0.05)
    monkeypatch.setattr(restoration, "_PATIENCE", 0.05)
    monkeypatch.setattr(restoration, "_GONE_PATIENCE", 0.05)
    monkeypatch.setattr(stopping, "PATIENCE", 0.05)
