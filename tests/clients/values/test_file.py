import pytest

from clients.errors import Conflict, Rejected, Unavailable
from clients.values import Author, ReleaseHome, ValueChange
from clients.values.file import FileHome

OLU = Author("Olu Operator", "7d3c4b5a-0000-4000-8000-000000000002")
TAG = ("singleuser", "image", "tag")
TEXT = "# ours\nsingleuser:\n  image:\n    tag: 3f9a41c    # by the bot\ncull: {every: 300}\n"


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "config.yaml"
    made.write_text(TEXT, "utf-8")
    made.chmod(0o640)
    return made


async def save(home, *changes, base=""):
    return await home.save(changes, base=base, author=OLU, message="Deploy 7c1d2e9", operation="op-1")


async def test_a_file_is_read_and_changed_where_it_was_changed(file):
    home = FileHome(file)
    written = await home.written()
    assert written.values["singleuser"] == {"image": {"tag": "3f9a41c"}}
    version = await save(home, ValueChange(TAG, "3f9a41c", "7c1d2e9"), base=written.version)
    assert file.read_text("utf-8") == TEXT.replace("3f9a41c", "7c1d2e9")
    assert version == (await home.written()).version != written.version
    assert file.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in file.parent.iterdir()] == ["config.yaml"]


async def test_what_is_so_already_is_not_written_again(file):
    home = FileHome(file)
    before, inode = await home.written(), file.stat().st_ino
    assert await save(home, ValueChange(TAG, "1d0c5ab", "3f9a41c"), base="another") == before.version
    assert await save(home, ValueChange(("hub", "x"), removed=True), base="another") == before.version
    assert file.stat().st_ino == inode


async def test_what_others_changed_elsewhere_in_the_file_stays(file):
    home = FileHome(file)
    base = (await home.written()).version
    file.write_text(TEXT.replace("300", "600"), "utf-8")
    await save(home, ValueChange(TAG, "3f9a41c", "7c1d2e9"), base=base)
    assert file.read_text("utf-8") == TEXT.replace("300", "600").replace("3f9a41c", "7c1d2e9")


async def test_the_same_value_changed_by_others_is_a_conflict(file):
    home = FileHome(file)
    base = (await home.written()).version
    file.write_text(TEXT.replace("3f9a41c", "1d0c5ab"), "utf-8")
    with pytest.raises(Conflict, match=r"singleuser\.image\.tag"):
        await save(home, ValueChange(TAG, "3f9a41c", "7c1d2e9"), base=base)
    assert "1d0c5ab" in file.read_text("utf-8")


async def test_true_is_not_one(file):
    file.write_text("a: 1\n", "utf-8")
    await save(FileHome(file), ValueChange(("a",), 1, True), base="")
    assert file.read_text("utf-8") == "a: true\n"


async def test_a_link_stays_a_link(file, tmp_path):
    link = tmp_path / "link.yaml"
    link.symlink_to(file)
    await save(FileHome(link), ValueChange(TAG, "3f9a41c", "7c1d2e9"))
    assert link.is_symlink()
    assert "7c1d2e9" in file.read_text("utf-8")


async def test_a_file_that_is_gone_or_no_values_is_said(file, tmp_path):
    with pytest.raises(Rejected, match=r"There is no file other\.yaml"):
        await FileHome(tmp_path / "other.yaml").written()
    with pytest.raises(Unavailable, match="cannot be read"):
        await FileHome(tmp_path).written()
    file.write_text("- a\n", "utf-8")
    with pytest.raises(Rejected, match="Line 1"):
        await FileHome(file).written()


async def test_a_disk_that_is_full_leaves_the_file_as_it_was(file, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("clients.values.file.os.fsync", full)
    with pytest.raises(Unavailable, match="No space left on device"):
        await save(FileHome(file), ValueChange(TAG, "3f9a41c", "7c1d2e9"))
    assert file.read_text("utf-8") == TEXT
    assert [one.name for one in file.parent.iterdir()] == ["config.yaml"]


async def test_the_secrets_values_are_read_under_the_same_rules(file):
    held = ["hub: {config: {client_secret: hunter2}}\n"]

    async def text():
        return held[-1]

    home = FileHome(file, secrets=text)
    assert await home.secrets() == {"hub": {"config": {"client_secret": "hunter2"}}}
    held.append("  hub:\n    x: hunter4\n  proxy: hunter5\n")
    assert await home.secrets() == {"hub": {"x": "hunter4"}, "proxy": "hunter5"}
    held.append("hub: hunter2\nhub: hunter3\n")
    with pytest.raises(Rejected, match=r"What values\.secrets names cannot be used\. Line 2") as error:
        await home.secrets()
    assert "hunter" not in str(error.value)
    assert await FileHome(file).secrets() == {}


async def test_the_release_is_the_home_of_its_own_values():
    class Revision:
        revision, values = 3, {"a": 1}

    async def live():
        return None

    async def newest():
        return Revision

    async def none():
        return None

    home = ReleaseHome(live, newest)
    written = await home.written()
    assert (written.values, written.version, written.text) == ({"a": 1}, "revision 3", "")
    assert await home.secrets() == {}
    assert await save(home, ValueChange(("a",), 1, 2), base="revision 3") == "revision 3"
    assert await ReleaseHome(none, none).written() is None
