"""Grouping of findings: those with the same cause become one that lists everybody it affects."""

from collections.abc import Sequence
from dataclasses import replace

from bot.alerts.finding import Finding


def grouped(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings with those of a group merged into one, and no key twice."""
    kept: dict[str, list[Finding]] = {}
    for finding in findings:
        kept.setdefault(finding.group or finding.key, []).append(finding)
    return [_one(key, its) for key, its in kept.items()]


def _one(key: str, findings: Sequence[Finding]) -> Finding:
    worst = max(findings, key=lambda finding: finding.weight)
    subjects = tuple(dict.fromkeys(subject for finding in findings for subject in finding.subjects))
    several = worst.several and len(findings) > 1
    title = worst.several.replace("{count}", str(len(findings))) if several else worst.title
    return replace(worst, key=key, title=title, subjects=subjects, group="")
