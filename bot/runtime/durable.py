"""Work that outlives the process: the only module that knows DBOS.

A workflow is one coroutine function of ours, started under an id. Each of its steps is recorded when it is done;
after a crash the workflow is run again from the top and gets the recorded results instead of doing those steps
twice. So between steps a workflow only computes, and a step looks first and acts second.

DBOS adopts the event loop that runs when it is launched: workflows and steps run there, beside everything else; only
its own bookkeeping is done in threads.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final

from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos import error as dbos_error

from bot.store.sqlite import keep_a_write_ahead_log, options
from bot.store.write_outage import wait_for_room

_LOG = logging.getLogger("jhub_bot.durable")

# Workflows are taken up again only by the version that began them. Ours stays the same when the bot is upgraded, so
# that no approval is orphaned; a workflow whose order of steps changes is changed with `DBOS.patch` instead.
_VERSION: Final = "1"
_NAME: Final = "jhub-bot"
# Each start of the bot counts as an attempt at what it finds unfinished; nothing is given up for their number.
_ATTEMPTS: Final = None

Workflow = Callable[[str], Awaitable[None]]
Job = Callable[[str], Awaitable[None]]
Scheduled = Callable[[datetime, object], Coroutine[object, object, None]]


class OutOfOrder(Exception):  # noqa: N818 - named after what happened
    """Another step is on record where this one is: the work was begun by a release with other steps, or other names."""


class _Current:
    """The callables behind the functions that DBOS knows by name, in this process, now."""

    workflow: Workflow | None = None
    job: Job | None = None
    digest: Job | None = None


_TASKS: "set[asyncio.Task[object]]" = set()


@DBOS.workflow(name="change", max_recovery_attempts=_ATTEMPTS)
async def _change(workflow_id: str) -> str:
    await _followed(_Current.workflow, workflow_id)
    return ""


@DBOS.workflow(name="daily", max_recovery_attempts=_ATTEMPTS)
async def _daily(at: datetime, context: object) -> None:
    await _followed(_Current.job, _named(f"{at:%Y%m%d%H%M%S}", context))


@DBOS.workflow(name="digest", max_recovery_attempts=_ATTEMPTS)
async def _digest(at: datetime, context: object) -> None:
    await _followed(_Current.digest, _named(f"{at:%Y%m%d%H%M%S}", context))


def _named(at: str, whose: object) -> str:
    return f"{whose}/{at}" if whose else at


async def _scheduled(name: str, cron: str, workflow: Scheduled, timezone: str, whose: str) -> None:
    """Apply or delete a schedule in one statement: replicas that start together all say the same at once."""
    name = f"{name} of {whose}" if whose else name
    if not cron:
        await DBOS.delete_schedule_async(name)
        return
    await DBOS.apply_schedules_async(
        [
            {
                "schedule_name": name,
                "workflow_fn": workflow,
                "schedule": cron,
                "cron_timezone": timezone,
                "context": whose,
            }
        ]
    )


async def _followed(run: Workflow | None, argument: str) -> None:
    """Run it as a task that `close` can find: DBOS starts some itself, and forgets them when it is destroyed."""
    task = asyncio.current_task()
    if run is None or task is None:
        raise RuntimeError("a workflow was started outside a running bot")
    _TASKS.add(task)
    try:
        await run(argument)
    finally:
        _TASKS.discard(task)


class Durable:
    """Runs workflows under ids, and jobs once for each time of their schedules. One in a process.

    `url` is an SQLAlchemy address of SQLite or PostgreSQL, where DBOS keeps its own tables. `replica` names this
    process among those that share the database, and stays the same when it is started again.
    """

    def __init__(self, url: str, replica: str) -> None:
        self._config: DBOSConfig = {
            "name": _NAME,
            "system_database_url": url,
            "executor_id": replica,
            "application_version": _VERSION,
            "log_level": "ERROR",
            "enable_otlp": False,
            # Its own listener would be one more thread and connection: nothing here waits for DBOS's messages.
            "use_listen_notify": False,
        }
        if url.startswith("sqlite"):
            self._config["db_engine_kwargs"] = options()
            wait_for_room()
            keep_a_write_ahead_log(url)

    async def launch(self, workflow: Workflow, job: Job, digest: Job | None = None) -> None:
        """Take up what an earlier process of this replica left unfinished, and be ready for more.

        `workflow` is what `start` runs, `job` what `daily` does and `digest` what `weekly` does.
        """
        _Current.workflow, _Current.job, _Current.digest = workflow, job, digest
        DBOS(config=self._config)
        # On the loop's own thread on purpose: that is how DBOS finds the loop to run everything on.
        DBOS.launch()

    async def start(self, workflow_id: str) -> None:
        """Begin the workflow of this id, unless it was begun before. Return once that is on record."""
        with SetWorkflowID(workflow_id):
            await DBOS.start_workflow_async(_change, workflow_id)

    async def step(self, name: str, action: Callable[[], Awaitable[str]]) -> str:
        """Return what `action` returned the first time it ended. Call it from within a workflow, in a fixed order.

        `action` must not raise: what it raised would be recorded in a form that only this version can read. Raises
        OutOfOrder, and does nothing, where another step is on record in its place.
        """

        async def run() -> str:
            return await action()

        try:
            return await DBOS.run_step_async({"name": name}, run)
        except dbos_error.DBOSUnexpectedStepError as error:
            raise OutOfOrder(str(error)) from error

    async def daily(self, name: str, cron: str, *, whose: str = "") -> None:
        """Run the job at these times (cron with five fields, UTC), once over all replicas.

        It is given the time as digits; behind `whose/`, if it is somebody's own.
        """
        await _scheduled(name, cron, _daily, "UTC", whose)

    async def weekly(self, name: str, cron: str, timezone: str, *, whose: str = "") -> None:
        """Run the digest at these times (cron with five fields, in a time zone); never any more for an empty `cron`.

        It is given the same as a daily job.
        """
        await _scheduled(name, cron, _digest, timezone, whose)

    async def take_over(self, replica: str) -> None:
        """Go on with what a replica that is no more left unfinished. Asking twice is harmless.

        DBOS 3.4 has no public name for it; the method re-queues atomically (`dbos/_recovery.py`).
        """
        handles = await asyncio.to_thread(DBOS._recover_pending_workflows, [replica])  # noqa: SLF001 - see above
        if handles:
            _LOG.warning("taking over %d changes of replica %s, which is silent", len(handles), replica)

    async def close(self) -> None:
        """Leave everything as it is on record: the next launch goes on there."""
        tasks = tuple(_TASKS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # DBOS had made its threads the loop's own, and ends them now: the loop needs others.
        threads = ThreadPoolExecutor()
        asyncio.get_running_loop().set_default_executor(threads)
        await asyncio.get_running_loop().run_in_executor(threads, DBOS.destroy)
        _Current.workflow = _Current.job = _Current.digest = None
