"""History of the certificates that the public host has served: a row for each change."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.tables import certificates
from bot.store.timestamps import read, written
from clients.public.certificate import Certificate
from commands.ports.public import ServedCertificate

# More than a year, so that the same month of last year can be looked at.
_KEPT: Final = timedelta(days=400)


class CertificateHistory:
    """Implementation of `commands.ports.public.CertificateRecords`. Every method raises Unavailable of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, certificate: Certificate, now: datetime) -> bool:
        """Record the certificate that is served now. Return False where it is the one that was served before."""

        def work(connection: sa.Connection) -> bool:
            last = connection.execute(_newest(1)).first()
            if last is not None and last.fingerprint == certificate.fingerprint:
                return False
            connection.execute(certificates.insert().values(seen=written(now), **_row(certificate)))
            connection.execute(certificates.delete().where(certificates.c.seen < written(now - _KEPT)))
            return True

        return await self._database.run(work)

    async def recent(self, limit: int = 10) -> Sequence[ServedCertificate]:
        """Return the changes, the newest first."""
        rows = await self._database.run(lambda connection: connection.execute(_newest(limit)).all())
        return [_seen(row) for row in rows]


def _newest(limit: int) -> "sa.Select[Any]":
    return sa.select(certificates).order_by(certificates.c.seen.desc()).limit(limit)


def _row(certificate: Certificate) -> dict[str, str]:
    return {
        "fingerprint": certificate.fingerprint,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "not_before": written(certificate.not_before),
        "not_after": written(certificate.not_after),
        "problem": certificate.problem.value if certificate.problem else "",
        "names": " ".join(certificate.names),
    }


def _seen(row: "sa.Row[Any]") -> ServedCertificate:
    return ServedCertificate(
        seen=read(row.seen),
        fingerprint=row.fingerprint,
        subject=row.subject,
        issuer=row.issuer,
        not_before=read(row.not_before),
        not_after=read(row.not_after),
        problem=row.problem,
        names=tuple(row.names.split()),
    )
