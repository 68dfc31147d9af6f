"""The hub's own pages: which way this hub has, what is written for it, and JupyterHub showing that."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from jupyterhub.app import JupyterHub
from traitlets.config.loader import PyFileConfigLoader

from clients.errors import NotFound, Unavailable
from commands.announcements.banner import CONFIG_MAP, FILE, BannerWay, banner_of, clear, show
from tests.world import Doing, World
from tests.world.announcements import AnnouncementService

UNTIL = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
MOUNT = {"name": "announcement", "configMap": {"name": CONFIG_MAP, "optional": True}}
EXAMPLE = yaml.safe_load((Path(__file__).parents[3] / "container" / "config.example.yaml").read_text(encoding="utf-8"))

WAYS = {
    "the example's values": (EXAMPLE, "5.5.0", BannerWay.VARIABLE, ""),
    "a mapping of volumes": ({"hub": {"extraVolumes": {"a": MOUNT}}}, "6.0.0b1", BannerWay.VARIABLE, ""),
    "an old hub": ({"hub": {"extraVolumes": [MOUNT]}}, "4.1.6", BannerWay.NONE, "since JupyterHub 5; JupyterHub 4.1.6"),
    "a silent hub": ({"hub": {"extraVolumes": [MOUNT]}}, "", BannerWay.NONE, "its version is not known"),
    "an old hub with the service": (
        {"hub": {"extraVolumes": [MOUNT], "services": {"announcement": {"url": "http://a:8888"}}}},
        "4.1.6",
        BannerWay.SERVICE,
        "",
    ),
    "services as a list": ({"hub": {"services": [{"name": "announcement"}]}}, "5.5.0", BannerWay.SERVICE, ""),
    "another ConfigMap": (
        {"hub": {"extraVolumes": [{"configMap": {"name": "other"}}]}},
        "5.5.0",
        BannerWay.NONE,
        "docs/announcements.md",
    ),
    "nothing": ({}, "5.5.0", BannerWay.NONE, "docs/announcements.md"),
    "nonsense": ({"hub": {"extraVolumes": "x", "services": 7}}, "x.y", BannerWay.NONE, "docs/announcements.md"),
    "a hub that is none": ({"hub": []}, "5", BannerWay.NONE, "docs/announcements.md"),
    "no release": (None, "5.5.0", BannerWay.NONE, "cannot be read"),
}


@pytest.mark.parametrize(("values", "version", "way", "why"), WAYS.values(), ids=WAYS)
def test_the_way_follows_from_the_values_and_the_version(values, version, way, why):
    found = banner_of(values, version)
    assert found.way is way
    assert why in found.why
    assert bool(found.why) is (way is BannerWay.NONE)


HOSTILE = "<script>alert('x')</script> & <at>everyone</at> \"quoted\" {{ 7*7 }} ‘Æ’"


async def test_markup_in_the_words_is_none_on_the_hubs_pages():
    world = World(banner=AnnouncementService())
    writes = Doing(world).writes
    assert await show(BannerWay.VARIABLE, HOSTILE, UNTIL, writes) == ""
    assert await show(BannerWay.SERVICE, HOSTILE, UNTIL, writes) == ""
    written = json.loads(world.config_maps[CONFIG_MAP][FILE])
    for told in (written["html"], *world.banner.shows):
        assert "<" not in told
        assert '"' not in told
        assert "&lt;script&gt;" in told
    assert written["until"] == UNTIL.timestamp()


async def test_what_refuses_is_told_and_nothing_is_raised():
    world = World(
        config_maps=Unavailable("Kubernetes", "refused"), banner=AnnouncementService(NotFound("There is no service"))
    )
    writes = Doing(world).writes
    assert await show(BannerWay.VARIABLE, "x", UNTIL, writes) == "Kubernetes refused."
    assert await clear(BannerWay.SERVICE, writes) == "There is no service."
    assert await show(BannerWay.NONE, "x", UNTIL, writes) == ""


@pytest.fixture
def page(tmp_path):
    """What the hub that the example's values configure has in the variable of its pages, as JupyterHub reads it."""
    code = EXAMPLE["hub"]["extraConfig"]["announcement"].replace("/etc/jhub-announcement", str(tmp_path))
    (tmp_path / "jupyterhub_config.py").write_text(code, encoding="utf-8")
    config = PyFileConfigLoader("jupyterhub_config.py", path=str(tmp_path)).load_config()
    variable = JupyterHub(config=config).template_vars["announcement"]
    return lambda: variable(None)


async def test_jupyterhub_shows_what_the_bot_writes_without_a_restart_and_stops_by_itself(page, tmp_path):
    assert page() == "", "nothing is mounted yet"
    world, now = World(), datetime.now(UTC)
    for until, shown in ((now + timedelta(hours=1), "Back &lt;soon&gt;"), (now - timedelta(seconds=1), "")):
        await show(BannerWay.VARIABLE, "Back <soon>", until, Doing(world).writes)
        (tmp_path / FILE).write_text(world.config_maps[CONFIG_MAP][FILE], encoding="utf-8")
        assert page() == shown
    await clear(BannerWay.VARIABLE, Doing(world).writes)
    (tmp_path / FILE).write_text(world.config_maps[CONFIG_MAP][FILE], encoding="utf-8")
    assert page() == ""


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"html": "x"}', '{"html": "x", "until": "soon"}', "null", "\udcff"]
)
def test_a_file_that_is_none_does_not_break_the_hubs_pages(page, tmp_path, content):
    (tmp_path / FILE).write_bytes(content.encode("utf-8", "surrogateescape"))
    assert page() == ""
