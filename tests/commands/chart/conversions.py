"""The conversion of old values."""

from commands.chart.value_fixes import converted


def from_old(values, here="1.1.3", there="4.4.0"):
    return converted(values, here, there)
