"""Helm: the releases it recorded in the cluster, and `helm upgrade` as a child process.

Reading needs neither helm nor a Kubernetes library, only a function that lists Secrets. Writing runs the real helm.
"""

from clients.helm.chart_files import ChartFiles
from clients.helm.charts import Charts, chart_version
from clients.helm.failure import FailureReason, redact
from clients.helm.program import HelmPath, choose
from clients.helm.releases import BotMark, Chart, Release, Releases, bot_labels
from clients.helm.render import Rendering
from clients.helm.rendered import Rendered
from clients.helm.target import Target
from clients.helm.upgrade import Helm
from clients.helm.upgrade_result import UpgradeResult, recorded_result
from clients.helm.version import END_OF_HELM_3, HelmProgram, HelmVersion, advisories_of

__all__ = [
    "END_OF_HELM_3",
    "BotMark",
    "Chart",
    "ChartFiles",
    "Charts",
    "FailureReason",
    "Helm",
    "HelmPath",
    "HelmProgram",
    "HelmVersion",
    "Release",
    "Releases",
    "Rendered",
    "Rendering",
    "Target",
    "UpgradeResult",
    "advisories_of",
    "bot_labels",
    "chart_version",
    "choose",
    "recorded_result",
    "redact",
]
