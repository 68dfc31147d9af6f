"""Durable work of several hubs: each finds its own, and what is nobody's is not done by somebody else."""

import pytest

from bot.hubs.durable_scope import ScopedDurable, dispatched


class Durable:
    def __init__(self):
        self.started = []

    async def start(self, workflow_id):
        self.started.append(workflow_id)

    async def step(self, name, action):
        return f"{name}: {await action()}"


async def done():
    return "done"


async def test_whose_a_workflow_is_stands_before_its_id():
    durable = Durable()
    first, further = ScopedDurable(durable, ""), ScopedDurable(durable, "test")
    await first.start("c0a2")
    await further.start("c0a2")
    assert durable.started == ["c0a2", "test/c0a2"]
    assert await further.step("plan", done) == "plan: done"


async def test_each_is_handed_its_own_id():
    ran = []

    def job(whose):
        async def run(name):
            ran.append((whose, name))

        return run

    run = dispatched({"": job("first"), "test": job("test")})
    for name in ("c0a2", "test/c0a2", "20261125031700"):
        await run(name)
    assert ran == [("first", "c0a2"), ("test", "c0a2"), ("first", "20261125031700")]
    with pytest.raises(LookupError, match="dev"):
        await run("dev/c0a2")
