"""PromQL evaluated at a moment, over the series of one Prometheus."""

from collections.abc import Callable, Iterator
from typing import Final

from sandbox.prometheus.errors import QueryError
from sandbox.prometheus.promql import Aggregation, Expression, Function, Range, Selector, Subquery
from sandbox.prometheus.time_series import NAME, Labels, TimeSeries

Vector = dict[Labels, float]
_TOGETHER: Final[dict[str, Callable[[list[float]], float]]] = {"max": max, "sum": sum, "count": len}


def evaluate(series: TimeSeries, expression: Expression, at: float) -> Vector:
    """Return the value of each series at a moment (Unix time). Raise QueryError for what has no value then."""
    match expression:
        case Selector():
            return {labels: value for labels, value, _ in _seen(series, expression, at)}
        case Aggregation():
            return _aggregated(expression, evaluate(series, expression.of, at))
        case Function(name="timestamp", of=Selector() as of):
            return {_nameless(labels): seen for labels, _, seen in _seen(series, of, at)}
        case Function(name="timestamp", of=Function() | Aggregation() as of):
            return {_nameless(labels): at for labels in evaluate(series, of, at)}
        case Function(of=Range() as past) if expression.name == "last_over_time":
            found = series.within(past.of.name, at - past.length, at)
            return {labels: value for labels, value, _ in found if _fits(past.of, labels)}
        case Function(of=Subquery() as past):
            return _over_time(expression.name, series, past, at)
    raise QueryError(f'invalid parameter "query": parse error: bad argument of {expression.name}')


def _seen(series: TimeSeries, of: Selector, at: float) -> Iterator[tuple[Labels, float, float]]:
    return (one for one in series.present(of.name, at) if _fits(of, one[0]))


def _over_time(name: str, series: TimeSeries, past: Subquery, at: float) -> Vector:
    """Return the last or the highest value of each series at the steps, which are multiples of the step's length."""
    step = int((at - past.length) // past.step) + 1
    found: Vector = {}
    while step * past.step <= at:
        now = evaluate(series, past.of, step * past.step)
        found |= (
            now if name == "last_over_time" else {key: max(value, found.get(key, value)) for key, value in now.items()}
        )
        step += 1
    return found


def _aggregated(expression: Aggregation, vector: Vector) -> Vector:
    groups: dict[Labels, list[float]] = {}
    for labels, value in vector.items():
        groups.setdefault(frozenset(one for one in labels if one[0] in expression.by), []).append(value)
    return {labels: float(_TOGETHER[expression.name](values)) for labels, values in groups.items()}


def _fits(of: Selector, labels: Labels) -> bool:
    known = dict(labels)
    return all(test(known.get(name, "")) for name, test in of.matchers)


def _nameless(labels: Labels) -> Labels:
    return frozenset(one for one in labels if one[0] != NAME)
