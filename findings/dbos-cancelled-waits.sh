#!/usr/bin/env bash
# A DBOS workflow that sleeps sleeps on after it was cancelled; one that waits for a message ends with a BaseException.
#
# dbos 3.4.0 on SQLite. `DBOS.cancel_workflow_async` marks the workflow, and nothing wakes it: `sleep_async` returns at its
# time as if nothing had happened, and only the next step stops. `recv_async` raises what `except Exception` does not see.
# Whoever offers people a button “Stop” in front of a long sleep has to look for the wish himself while he waits.
#
# Seen on Python 3.11:
#   sleep_async: went on after the whole time
#   recv_async: raised a BaseException that is no Exception
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'dbos==3.4.0'
"$folder/venv/bin/python" - "$folder/dbos.sqlite" <<'PYTHON' 2>"$folder/errors" | tee "$folder/out" || cat "$folder/errors"
import asyncio
import sqlite3
import sys

from dbos import DBOS, SetWorkflowID

LONG = 4
seen = {}


@DBOS.workflow()
async def sleeping():
    began = asyncio.get_running_loop().time()
    try:
        await DBOS.sleep_async(LONG)
        whole = asyncio.get_running_loop().time() - began > LONG - 0.5
        seen["sleep_async"] = "went on after the whole time" if whole else "went on early"
    except BaseException as error:
        seen["sleep_async"] = f"raised {type(error).__name__}"


@DBOS.workflow()
async def receiving():
    try:
        await DBOS.recv_async("topic", timeout_seconds=LONG)
        seen["recv_async"] = "went on"
    except BaseException as error:
        kind = "an Exception" if isinstance(error, Exception) else "a BaseException that is no Exception"
        seen["recv_async"] = f"raised {kind}"


async def main():
    DBOS(config={"name": "finding", "system_database_url": f"sqlite:///{sys.argv[1]}", "log_level": "CRITICAL"})
    DBOS.launch()
    for workflow in (sleeping, receiving):
        with SetWorkflowID(workflow.__name__):
            await DBOS.start_workflow_async(workflow)
    # Each records first until when it waits.
    waiting = "SELECT count(DISTINCT workflow_uuid) FROM operation_outputs"
    with sqlite3.connect(sys.argv[1]) as file:
        while file.execute(waiting).fetchone() != (2,):
            await asyncio.sleep(0.05)
    for workflow in (sleeping, receiving):
        await DBOS.cancel_workflow_async(workflow.__name__)
    while len(seen) < 2:
        await asyncio.sleep(0.05)
    for name in ("sleep_async", "recv_async"):
        print(f"{name}: {seen[name]}")


asyncio.run(main())
PYTHON
diff "$folder/out" - <<'SEEN'
sleep_async: went on after the whole time
recv_async: raised a BaseException that is no Exception
SEEN
