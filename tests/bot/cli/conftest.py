"""Fixtures that tests of the command line share."""

import socket

import pytest


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
