"""The result of a run of helm, from its exit or from its record."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass

from clients.helm.failure import FailureReason, classify, explain, is_late
from clients.helm.process import ProcessEnded
from clients.helm.releases import Release


@dataclass(frozen=True)
class UpgradeResult:
    """The end of a run of helm.

    When not `ok`, `reason` is the cause for programs and `message` for people; `cancelled` is the reason CANCELLED.
    `late` is True if helm, or a hook that it waited for, ran out of time. The state of the cluster is for
    `Releases.current` to say: a failed upgrade leaves a failed revision.
    """

    ok: bool
    reason: FailureReason | None = None
    message: str = ""
    late: bool = False

    @property
    def cancelled(self) -> bool:
        """True if it ended because it was asked to."""
        return self.reason is FailureReason.CANCELLED


def result_of(ended: ProcessEnded, values: Mapping[str, object]) -> UpgradeResult:
    """Return the result of a helm that has ended; its message shows none of `values`."""
    if ended.status == 0:
        return UpgradeResult(True)
    reason = _reason(ended)
    if reason is FailureReason.OTHER and ended.status < 0:
        return UpgradeResult(False, reason, "Helm was killed while it was running.")
    late = reason is FailureReason.TIMEOUT or (reason is FailureReason.HOOK_FAILED and is_late(ended.errors))
    return UpgradeResult(False, reason, explain(reason, ended.errors, values), late)


def recorded_result(release: Release, values: Mapping[str, object]) -> UpgradeResult | None:
    """Return the result of an upgrade from the record of its revision, whose description helm 3.17 ends with the error.

    None where it may be tried again: helm was killed, or ended because it was asked to.
    """
    if release.status == "deployed":
        return UpgradeResult(True)
    errors = f"Error: {release.description.partition(' failed: ')[2]}"
    reason = classify(errors)
    if release.is_pending or reason is FailureReason.CANCELLED or release.status != "failed":
        return None
    late = reason is FailureReason.TIMEOUT or (reason is FailureReason.HOOK_FAILED and is_late(errors))
    return UpgradeResult(False, reason, explain(reason, errors, values), late)


def _reason(ended: ProcessEnded) -> FailureReason:
    # By SIGTERM, before it had begun to listen for it: nothing was changed yet.
    too_early = ended.status == -signal.SIGTERM
    reason = FailureReason.CANCELLED if too_early else classify(ended.errors)
    return FailureReason.TIMEOUT if reason is FailureReason.CANCELLED and ended.late else reason
