import sys

import pytest

from bot.config.loading import settings_from
from bot.config.types import ConfigError
from bot.telemetry.setup import telemetry


async def test_what_is_off_is_not_there():
    async with telemetry(settings_from({})) as metrics:
        assert metrics is None


async def test_without_the_extra_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "bot.telemetry.traces", None)
    settings = settings_from({"telemetry": {"otlp_endpoint": "http://127.0.0.1:4318"}})
    with pytest.raises(ConfigError, match=r"pip install 'jhub-teams-bot\[otel\]'"):
        async with telemetry(settings):
            pass


@pytest.mark.parametrize(
    "given", ["collector:4318", "ftp://x", "http://user:pw@host", "http://host/?token=1", "http://"]
)
def test_an_endpoint_is_an_address_without_a_password(given):
    with pytest.raises(ConfigError, match=r"telemetry\.otlp_endpoint"):
        settings_from({"telemetry": {"otlp_endpoint": given}})


def test_the_port_that_teams_reaches_is_refused():
    with pytest.raises(ConfigError, match=r"metrics\.port must differ from teams\.port"):
        settings_from({"metrics": {"port": 3978}})
