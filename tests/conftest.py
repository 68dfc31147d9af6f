"""What tests of several folders share."""

import gc
import itertools
import os
import sys

import pytest
from hypothesis import settings

from tests import logged, postgres, published  # noqa: F401 - its variables must go before any bot begins

if os.environ.get("JHUB_TEST_HELM"):
    # Before anything looks for a helm.
    from tests import helms  # noqa: F401

_names = itertools.count(1)

# Tests talk to loopback and name the authorities that they trust. A system's file of some hundred others takes longer
# to read than most tests take, and each connection, each process reads it anew; its folder is looked into only on need.
os.environ["SSL_CERT_FILE"] = os.devnull


# jupyter-events brings it along, and jsonschema then builds a parser of IRIs whenever it is loaded, which nobody uses.
sys.modules["rfc3987_syntax"] = None

# How long an example takes is the machine's, which may be busy with something else.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

# What is loaded until the tests begin stays to the end.
gc.disable()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items):
    """Whatever else changes the order of tests, a story is told from its beginning."""
    told = {item: number for number, item in enumerate(items)}
    result = yield
    modules = {item.module for item in items if item.get_closest_marker("story")}
    for module in modules:
        places = [number for number, item in enumerate(items) if item.module is module]
        for place, item in zip(places, sorted((items[one] for one in places), key=told.get), strict=True):
            items[place] = item
    return result


def pytest_collection_finish():
    """Spare the garbage collector the modules and the tests, which are the larger part of all that there is."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def logging_as_it_was():
    """What a test sets about logging ends with it: the next would miss lines or read the last one's."""
    with logged.undone():
        yield


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
