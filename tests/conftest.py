"""What tests of several folders share."""

import itertools

import pytest

from tests import postgres

_names = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL server of the tests' own; skips where it is not installed."""
    with postgres.server() as running:
        yield running


@pytest.fixture
def postgres_url(postgres_server):
    """The address of an empty database."""
    with postgres_server.database(f"test{next(_names)}") as url:
        yield url
