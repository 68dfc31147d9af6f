"""An environment without the bot's own variables."""

import os

import pytest


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith("JHUB_BOT_"):
            monkeypatch.delenv(name)
