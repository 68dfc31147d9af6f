from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.instrumentation.meter import Meter
from bot.instrumentation.outcomes import Outcome
from bot.telemetry.metrics import Metrics
from clients.instrumentation import call, observed


@pytest.fixture
def metrics():
    return Metrics("bot-0")


def _value(metrics, name, **labels):
    return metrics.registry.get_sample_value(name, labels)


def test_a_question_is_counted_with_its_result_and_its_time(metrics):
    metrics.of("main").answered("status", Outcome.ANSWERED, 0.2)
    assert _value(metrics, "jhub_bot_commands_total", hub="main", command="status", result="answered") == 1
    assert _value(metrics, "jhub_bot_command_duration_seconds_sum", hub="main", command="status") == 0.2


def test_what_is_no_command_is_counted_as_none(metrics):
    metrics.of("main").answered("", Outcome.INVALID, 0.1)
    assert _value(metrics, "jhub_bot_commands_total", hub="main", command="none", result="invalid") == 1


def test_how_long_people_were_waited_for_is_never_less_than_nothing(metrics):
    metrics.of("main").decided("approval", "given", timedelta(seconds=-1))
    assert _value(metrics, "jhub_bot_approval_wait_seconds_sum", hub="main", kind="approval", result="given") == 0


def test_a_call_that_raises_is_counted(metrics):
    with observed(metrics.calling):
        with pytest.raises(TimeoutError), call("azure", "GET"):
            raise TimeoutError
        with call("azure", "GET") as made:
            made.code = "200"
    assert _value(metrics, "jhub_bot_calls_total", system="azure", method="GET", code="unanswered") == 1
    assert _value(metrics, "jhub_bot_calls_total", system="azure", method="GET", code="200") == 1
    assert _value(metrics, "jhub_bot_call_duration_seconds_count", system="azure") == 2


def test_everything_that_can_be_told_is_counted(metrics):
    told = {name for name in vars(Meter) if not name.startswith("_")}
    assert told == {name for name in vars(type(metrics.of("main"))) if name in vars(Meter) and not name.startswith("_")}


def test_hubs_are_counted_apart(metrics):
    metrics.of("test").posted("hub", "critical")
    assert _value(metrics, "jhub_bot_alerts_posted_total", hub="test", watcher="hub", severity="critical") == 1
    assert _value(metrics, "jhub_bot_alerts_posted_total", hub="main", watcher="hub", severity="critical") is None


def test_names_and_units_are_as_prometheus_wants_them(metrics):
    for family in text_string_to_metric_families(metrics.text().decode()):
        if family.name.startswith("jhub_bot_"):
            assert family.documentation.endswith(".")
            assert not family.name.endswith(("_ms", "_milliseconds", "_minutes"))
            assert (family.type == "histogram") == family.name.endswith("_seconds"), family.name


def test_two_bots_in_one_process_count_apart(metrics):
    other = Metrics("bot-1")
    other.of("main").posted("hub", "critical")
    assert _value(metrics, "jhub_bot_alerts_posted_total", hub="main", watcher="hub", severity="critical") is None
