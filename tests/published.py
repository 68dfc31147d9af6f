"""Folders with what others publish, where they are at hand: real charts and changelogs, for tests alone.

The bot reads every variable that begins with JHUB_BOT_ as a setting, so these two are given another name at first; the
processes that tests start, pytest's own among them, find them there.
"""

import os


def _folder(name):
    kept = f"TESTS_{name}"
    if name in os.environ:
        os.environ[kept] = os.environ.pop(name)
    return os.environ.get(kept)


CHARTS = _folder("JHUB_BOT_CHARTS")
CHANGELOGS = _folder("JHUB_BOT_CHANGELOGS")
