"""Steps that put things back: they run also once somebody has asked to stop, and once."""

import pytest

from bot.instrumentation.outcomes import Outcome
from cards.views import Failure, Notice
from tests.bot.house import Bench, House
from tests.bot.people import OLU


class Tidy(House):
    """A house whose painters tidy up behind them."""

    tidied = 0

    async def apply(self, _plan, do):
        async def paint() -> bool:
            await do.stopped()
            return False

        async def tidy() -> int:
            self.tidied += 1
            return self.tidied

        try:
            if not await do.step("Paint", paint):
                return Failure("Half painted", "Somebody asked to stop.")
        finally:
            assert await do.cleanup("Tidy up", tidy) == 1
        return Notice("Painted")


@pytest.fixture
async def bench(database):
    made = Bench(database, house=Tidy())
    yield made
    await made.memory.crash()


async def test_a_cleanup_runs_once_somebody_has_asked_to_stop(bench):
    await bench.type_until(OLU, "dab door", lambda shown: shown.steps[-1].title == "Paint")
    await bench.press(OLU, "Stop")
    await bench.settle()
    assert bench.house.tidied == 1
    assert bench.outcomes == [Outcome.CANCELLED]
    assert bench.room.shown.title == "Half painted"
    steps = [line.detail for line in await bench.trail.page() if line.event == "step"]
    assert any("Tidy up" in one for one in steps)
