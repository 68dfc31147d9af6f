"""setup.sh for real, in homes of a user who is not root: what it hands out, and what it leaves alone."""

import hashlib
import stat
import subprocess
import time

import pytest

from tests.container.homes import IMAGE

CONDARC, JUPYTER = ".condarc", ".jupyter/jupyter_server_config.json"
HANDED = {CONDARC: "condarc", JUPYTER: "jupyter_server_config.json"}


def newer(home, name):
    """Let the image be a later one, with another version of that file. Gives the text."""
    path = home.image / name
    path.write_text(path.read_text() + "\n")
    return path.read_text()


def test_the_first_start_hands_everything_out(home):
    assert home.start() == ""
    for place, name in HANDED.items():
        assert home.read(place) == (IMAGE / name).read_text()
        assert stat.S_IMODE((home.path / place).stat().st_mode) == 0o644
    assert (home.path / "sample-notebooks").readlink() == home.samples


def test_the_hook_of_before_which_names_bash_works_too(home):
    assert home.run("bash", home.image / "setup.sh").returncode == 0
    assert home.read(CONDARC) == (IMAGE / "condarc").read_text()


def test_the_second_start_touches_nothing(home):
    home.start()
    before = home.tree()
    assert home.start() == ""
    assert home.tree() == before


def test_a_later_image_replaces_what_nobody_has_changed(home):
    home.start()
    latest = {place: newer(home, name) for place, name in HANDED.items()}
    assert home.start() == ""
    assert {place: home.read(place) for place in HANDED} == latest


def test_a_later_image_leaves_alone_what_its_user_has_changed(home):
    home.start()
    home.write(CONDARC, "envs_dirs: [~/elsewhere]\n")
    latest = newer(home, "jupyter_server_config.json")
    newer(home, "condarc")
    assert ".condarc was changed, so it is kept" in home.start()
    assert home.read(CONDARC) == "envs_dirs: [~/elsewhere]\n"
    assert home.read(JUPYTER) == latest


def test_what_was_there_before_the_first_start_is_the_users(home):
    home.write(JUPYTER, "{}")
    assert "jupyter_server_config.json was changed" in home.start()
    assert home.read(JUPYTER) == "{}"


def test_a_change_taken_back_is_none(home):
    home.start()
    home.write(CONDARC, "envs_dirs: []\n")
    home.start()
    home.write(CONDARC, (IMAGE / "condarc").read_text())
    latest = newer(home, "condarc")
    home.start()
    assert home.read(CONDARC) == latest


def test_what_was_deleted_stays_deleted(home):
    home.start()
    (home.path / CONDARC).unlink()
    newer(home, "condarc")
    assert "was deleted" in home.start()
    assert not (home.path / CONDARC).exists()


def test_what_an_image_without_records_left_is_brought_up_to_date(home):
    old = "envs_dirs:\n  - /home/jovyan/my-conda-envs/\n"
    assert f"{hashlib.sha256(old.encode()).hexdigest()}  condarc" in (IMAGE / "older.sha256").read_text().splitlines()
    home.write(CONDARC, old)
    assert home.start() == ""
    assert home.read(CONDARC) == (IMAGE / "condarc").read_text()


def test_an_older_version_under_another_name_is_not_taken_for_one(home):
    old = "envs_dirs:\n  - /home/jovyan/my-conda-envs/\n"
    home.write(JUPYTER, old)
    home.start()
    assert home.read(JUPYTER) == old


def test_going_back_to_an_older_image_goes_back(home):
    first = (IMAGE / "condarc").read_text()
    newer(home, "condarc")
    home.start()
    (home.image / "condarc").write_text(first)
    home.start()
    assert home.read(CONDARC) == first


def test_a_link_is_the_users_even_where_it_says_the_same(home):
    home.write("dotfiles/condarc", (IMAGE / "condarc").read_text())
    (home.path / CONDARC).symlink_to("dotfiles/condarc")
    home.start()
    newer(home, "condarc")
    assert ".condarc was changed" in home.start()
    assert (home.path / CONDARC).is_symlink()
    assert home.read("dotfiles/condarc") == (IMAGE / "condarc").read_text()


def test_a_dangling_link_and_a_folder_stay(home):
    (home.path / CONDARC).symlink_to("nowhere")
    home.write(f"{JUPYTER}/mine", "")
    assert home.start().count("so it is kept") == 2
    assert not (home.path / "nowhere").exists()


def test_a_file_where_a_folder_is_needed_stays(home):
    home.write(".jupyter", "mine")
    assert "cannot write .jupyter/jupyter_server_config.json" in home.start()
    assert home.read(".jupyter") == "mine"


def test_half_written_files_of_a_start_that_was_killed_go_and_others_stay(home):
    home.write(".condarc.jhub-Ab12Cd", "envs")
    home.write(".condarc.backup", "mine")
    home.start()
    assert not (home.path / ".condarc.jhub-Ab12Cd").exists()
    assert home.read(".condarc.backup") == "mine"


def test_two_starts_at_once_leave_whole_files(home):
    command = ["sh", str(home.image / "setup.sh")]
    running = [subprocess.Popen(command, stderr=subprocess.DEVNULL, **home.who({})) for _ in range(6)]
    assert [process.wait(240) for process in running] == [0] * 6
    home.start()
    assert {place: home.read(place) for place in HANDED} == {p: (IMAGE / n).read_text() for p, n in HANDED.items()}
    assert [path for path in home.tree() if "jhub-" in path and "jhub-image" not in path] == []


def test_it_is_quick(home):
    took = []
    for _ in range(3):
        began = time.monotonic()
        home.start()
        took.append(time.monotonic() - began)
    assert min(took) < 1.0


@pytest.mark.parametrize(("home_is", "noted"), [("/no/such/home", "no home at '/no/such/home'"), ("", "no home at ''")])
def test_without_a_home_it_says_so(home, home_is, noted):
    assert noted in home.start(env={"HOME": home_is})


def test_its_notes_go_where_they_are_wanted(home):
    log = home.path / "log"
    home.write("log", "before\n")
    home.write(CONDARC, "")
    assert home.start(log) == ""
    assert log.read_text() == "before\nsetup.sh: .condarc was changed, so it is kept\n"


def test_a_log_that_cannot_be_opened_does_not_stop_it(home):
    home.start("/no/such/folder/log")
    assert home.read(CONDARC) == (IMAGE / "condarc").read_text()


def test_an_image_that_lacks_a_file_still_hands_out_the_others(home):
    (home.image / "condarc").unlink()
    assert "the image has no condarc" in home.start()
    assert (home.path / JUPYTER).exists()
