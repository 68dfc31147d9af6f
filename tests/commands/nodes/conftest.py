"""The cluster in Azure, the hub on it, and the steps of a command."""

import pytest

from commands.framework import polling as waiting
from tests.commands.nodes.estate import Azure, Estate
from tests.world import World


@pytest.fixture
def azure():
    return Azure()


@pytest.fixture
def world():
    made = World(users=[])
    made.system = []
    return made


@pytest.fixture
def do(azure, world, monkeypatch):
    monkeypatch.setattr(waiting, "PACE", 0.001)
    return Estate(azure, world)
