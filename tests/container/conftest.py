"""A home for each test."""

import pytest

from tests.container import homes


@pytest.fixture
def home():
    with homes.home() as made:
        yield made
