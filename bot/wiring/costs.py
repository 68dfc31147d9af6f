"""What people use and what it costs: records, prices, and the lease of the replica that samples."""

from bot.config.settings import Settings
from bot.jobs.pool_sampler import Costs
from bot.jobs.pool_samples import Samples
from bot.jobs.usage_records import UsageRecords
from bot.runtime.leases import Lease
from bot.store.database import Database


def costs_of(settings: Settings, database: Database) -> Costs:
    """Build the records of one hub's use, in its own database."""
    section = settings.cost
    rules = section.rules
    return Costs(
        samples=Samples(database),
        usage=UsageRecords(database, rules.zone, section.keep),
        lease=Lease(database, "sampler", settings.store.replica),
        currency=section.currency,
        prices=section.prices,
        rules=rules,
    )
