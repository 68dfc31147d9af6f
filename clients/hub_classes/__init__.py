"""JupyterHub's own classes, asked what they take: in a child process, under a Python that has them."""

from clients.hub_classes.judgement import ClassFinding, FindingKind, Judgement
from clients.hub_classes.runner import HubClasses

__all__ = ["ClassFinding", "FindingKind", "HubClasses", "Judgement"]
