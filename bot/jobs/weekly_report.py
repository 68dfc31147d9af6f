"""The weekly digest: the report, posted in every conversation that gets alerts; once over all replicas."""

import logging
from collections.abc import Callable

from bot.alerts.repository import Alerts
from bot.chat.platform import Places
from cards.pages import all_pages
from clients.errors import Unavailable
from commands.diagnostics import report
from commands.ports.context import Reads

_LOG = logging.getLogger("jhub_bot.digest")


class Digest:
    """The digest. `post` is the job of a schedule that fires once over all replicas (`bot.runtime.durable`)."""

    def __init__(self, reads: Callable[[], Reads], alerts: Alerts, places: Places) -> None:
        self._reads = reads
        self._alerts = alerts
        self._places = places

    async def post(self, at: str) -> None:
        """Post it everywhere; `at` names this run. Raise nothing: what failed comes again in a week."""
        try:
            view = await report.run(report.Args(), self._reads())
            wanting = await self._alerts.subscriptions()
        except Unavailable as error:
            _LOG.warning("the digest of %s was not made: %s", at, error)
            return
        for one in wanting:
            for page in all_pages(view):
                await self._places(one.place).own.post(page)
        if not wanting:
            _LOG.info("the digest of %s has no reader: no conversation gets alerts", at)
