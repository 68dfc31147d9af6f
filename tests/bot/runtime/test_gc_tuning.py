"""Python's collector while the bot starts, and afterwards."""

import gc

from click.testing import CliRunner

from bot.cli.main import main
from bot.runtime.gc_tuning import loaded, loading


def test_what_is_there_by_the_time_that_all_is_loaded_is_not_looked_through():
    with loading():
        assert not gc.isenabled()
        before = gc.get_freeze_count()
        try:
            loaded()
            assert gc.isenabled()
            assert gc.get_freeze_count() > before
        finally:
            gc.unfreeze()


def test_a_start_that_fails_leaves_the_collector_on(tmp_path):
    file = tmp_path / "bot.yaml"
    file.write_text("nonsense: 1")
    assert CliRunner().invoke(main, ["serve", "--config", str(file)]).exit_code == 2
    assert gc.isenabled()
