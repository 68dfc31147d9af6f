"""The changes between two manifests."""

from commands.release.manifest_diff import compare
from commands.release.manifest_impact import meaning
from commands.release.manifest_objects import objects
from tests.world.manifests import Hub

POD = ("spec", "template", "spec")
CHECKSUM = ("spec", "template", "metadata", "annotations", "checksum/secret")


def changes(after, before=None):
    return compare(objects((before or Hub()).live), objects(after.text))


def said(after, before=None, hooks=""):
    return meaning(changes(after, before), objects(hooks))
