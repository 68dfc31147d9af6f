"""copy-notebooks: a personal copy, which nothing ever overwrites."""

import subprocess

import pytest


@pytest.fixture
def copied(home):
    """Run it as the user: status, output, errors."""

    def copied(*arguments, **more):
        done = home.run(home.image / "copy-notebooks", *arguments, **more)
        return done.returncode, done.stdout, done.stderr

    (home.samples / "course" / "day one").mkdir(parents=True)
    (home.samples / "course" / "day one" / "-a\nb.ipynb").write_text("day one")
    (home.samples / ".source").write_text("somewhere")
    return copied


def test_all_of_them_whatever_their_names(home, copied):
    status, out, _ = copied()
    assert (status, out.count("copied: ")) == (0, 2)
    assert home.read("notebooks/course/day one/-a\nb.ipynb") == "day one"
    assert sorted(path.name for path in (home.path / "notebooks").iterdir()) == ["course", "intro.ipynb"]


def test_a_copy_can_be_changed_though_the_sample_cannot(home, copied):
    (home.samples / "intro.ipynb").chmod(0o444)
    copied()
    assert home.run("sh", "-c", "echo mine > notebooks/intro.ipynb").returncode == 0


def test_ones_own_is_kept_and_said(home, copied):
    copied()
    home.write("notebooks/intro.ipynb", "mine")
    status, out, _ = copied()
    assert (status, out) == (0, f"kept, yours differs: {home.path}/notebooks/intro.ipynb\n")
    assert home.read("notebooks/intro.ipynb") == "mine"


def test_newer_samples_go_beside_ones_own(home, copied):
    copied()
    (home.samples / "intro.ipynb").write_text("newer")
    assert copied("--into", "notebooks-new", "intro.ipynb")[0] == 0
    assert home.read("notebooks-new/intro.ipynb") == "newer"
    assert home.read("notebooks/intro.ipynb") == "{}\n"
    assert not (home.path / "notebooks-new/course").exists()


def test_a_link_in_the_way_is_not_followed(home, copied):
    home.write("precious", "mine")
    home.write("notebooks/other", "")
    (home.path / "notebooks/intro.ipynb").symlink_to("../precious")
    copied()
    assert home.read("precious") == "mine"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["../secret"], "is not among the samples"),
        (["course/../../x"], "is not among the samples"),
        (["/etc/passwd"], "is not among the samples"),
        (["nosuch.ipynb"], "there is no nosuch.ipynb"),
        (["--force"], "there is no --force"),
        (["--into"], "for example --into ~/notebooks-new"),
    ],
)
def test_what_cannot_be_is_refused(home, copied, given, said):
    status, out, errors = copied(*given)
    assert (status, out) == (2, "")
    assert said in errors
    assert [path for path in home.tree() if path.startswith("notebooks/")] == []


def test_an_image_without_samples_says_so(copied):
    status, _, errors = copied(env={"SAMPLE_NOTEBOOKS": "/no/such"})
    assert (status, errors) == (2, "copy-notebooks: this image has no sample notebooks\n")


def test_a_full_disk_is_a_failure_and_leaves_nothing_half(home, copied):
    status, _, _ = copied(through=("sh", "-c", 'trap "" XFSZ; ulimit -f 0; exec "$@"', "sh"))
    assert status != 0
    assert [path for path in (home.path / "notebooks").rglob("*") if path.is_file()] == []


def test_found_on_the_path_it_works_too(home):
    done = home.run("sh", "-c", f'PATH="{home.image}:$PATH"; cd / && copy-notebooks intro.ipynb')
    assert done.returncode == 0, done.stderr
    assert home.read("notebooks/intro.ipynb") == "{}\n"


def test_help_is_no_mistake(copied):
    status, out, _ = copied("--help")
    assert (status, out.split()[0]) == (0, "usage:")


def test_the_link_follows_the_image_and_stays_away_once_taken_away(home):
    link = home.path / "sample-notebooks"
    home.start()
    without = {"SAMPLE_NOTEBOOKS": str(home.samples), "HOME": str(home.path)}
    home.samples.rename(home.samples.with_name("gone"))
    home.start(env=without)
    assert not link.is_symlink()
    home.samples.with_name("gone").rename(home.samples)
    home.start(env=without)
    assert (link / "intro.ipynb").read_text() == "{}\n"
    link.unlink()
    home.start(env=without)
    assert not link.is_symlink()


def test_a_folder_of_that_name_is_the_users(home):
    home.write("sample-notebooks/mine", "mine")
    assert "sample-notebooks is something else" in home.start()
    assert home.read("sample-notebooks/mine") == "mine"


def test_samples_cannot_be_changed_through_the_link(home):
    for path in (home.samples / "intro.ipynb", home.samples):
        path.chmod(0o555)
    home.start()
    with pytest.raises(subprocess.CalledProcessError):
        home.run("sh", "-c", "echo mine > sample-notebooks/intro.ipynb").check_returncode()
