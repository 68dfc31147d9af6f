"""Refusals that helm makes, or passes on, before it changes anything, as sentences: a chart's own, others' objects.

Read in helm 3.17 (validate.go and upgrade.go of pkg/action, pkg/engine/engine.go), and seen with the charts of Zero to
JupyterHub 1.1.3 and 4.4.0, whose templates/NOTES.txt explains old values below a frame of number signs.
"""

import re
from collections.abc import Iterator
from typing import Final

# A chart's `fail` or `required`; the place says which of its templates gave up.
BY_CHART: Final = r"execution error at \([^)\n]{1,300}\): "
BY_OWNER: Final = "exists and cannot be imported into the current release"
# The record of the live revision has a kind that the cluster lacks: two wordings, by that of helm's client.
OF_RECORD: Final = (
    "current release manifest contains removed kubernetes api"
    "|unable to build kubernetes objects from current release manifest: [^\\n]{0,600}no matches for kind"
)
_KIND: Final = re.compile(r'no matches for kind "(?P<kind>[A-Z]\w{1,60})" in version "(?P<api>[\w./-]{1,200})"')
_REFUSED: Final = re.compile(BY_CHART)
_OWNED: Final = re.compile(
    r'(?P<kind>[A-Z]\w{1,60}) "(?P<name>[\w.:-]{1,253})" in namespace "(?P<namespace>[\w-]{0,63})" ' + BY_OWNER
)
_RELEASE: Final = re.compile(
    r'key "meta\.helm\.sh/release-(?P<what>name|namespace)" must equal "[\w.-]{1,63}": '
    r'current value is "(?P<value>[\w.-]{1,63})"'
)
_FRAME: Final = re.compile(r"^#{3,}|#{3,}$")
# helm's own last words, and what leads elsewhere.
_ASIDE: Final = re.compile(r"Use --debug flag|.*:$|.*://\S*$")
_SETTING: Final = re.compile(r"\s*(?:- )?[\w.-]+:(?:\s|$)")
_MOST: Final = 8_000
_NAMED: Final = 3


def chart_refusal(errors: str) -> str:
    """Return what the chart says of the values, as one line of sentences; empty if it gives no reason of its own.

    Lines within a frame only announce what follows: they count if nothing does. An example of values, and the paragraph
    that announces it, are left out.
    """
    found = list(_REFUSED.finditer(errors[:_MOST]))
    if not found:
        return ""
    said = errors[found[-1].end() : _MOST]
    paragraphs = [one for one in re.split(r"\n[ \t]*\n", said) if one.strip()]
    plain = list(_sentences([one for one in paragraphs if not one.lstrip().startswith("###")]))
    return " ".join(plain or _sentences([_unframed(one) for one in paragraphs]))


def _unframed(paragraph: str) -> str:
    return "\n".join(_FRAME.sub("", _FRAME.sub("", line.strip())).strip() for line in paragraph.splitlines())


def _sentences(paragraphs: list[str]) -> Iterator[str]:
    """Yield the paragraphs as sentences, each on one line."""
    following = [*paragraphs[1:], ""]
    for paragraph, after in zip(paragraphs, following, strict=True):
        words = " ".join(paragraph.split())
        if _ASIDE.match(words) or _is_example(paragraph) or (_is_example(after) and "below" in words):
            continue
        yield words if words.endswith((".", "!")) else f"{words}."


def _is_example(paragraph: str) -> bool:
    lines = paragraph.splitlines()
    return len(lines) > 1 and all(_SETTING.match(line) for line in lines if line.strip())


def ownership(errors: str) -> str:
    """Return whose object is in the way, and what to do about it."""
    found = _OWNED.search(errors)
    if found is None:
        return "An object of that name is there already, and belongs to something else: helm changed nothing."
    owner = {one["what"]: one["value"] for one in _RELEASE.finditer(errors, found.end(), found.end() + 2_000)}
    what = f"{found['kind']} {found['name']}"
    whose = f"{what} exists already{_owner(owner)} (invalid ownership metadata)"
    return f"{whose}, so helm changed nothing. {_way_out(found['namespace'], owner)}"


def _owner(owner: dict[str, str]) -> str:
    if not owner:
        return ", and belongs to no release of helm"
    name = f" {owner['name']}" if "name" in owner else " of the same name"
    where = f" in namespace {owner['namespace']}" if "namespace" in owner else ""
    return f" and belongs to the release{name}{where}"


def _way_out(namespace: str, owner: dict[str, str]) -> str:
    if not owner:
        return "Whoever made it must remove or rename it."
    if not namespace:
        return (
            "It is one for the whole cluster and named after the release: give this hub a release name of its own "
            "(release.name in the bot's configuration)."
        )
    return "Install this hub into a namespace of its own, or remove that release first."


def removed_apis(errors: str) -> str:
    """Return which kinds of the live revision the cluster lacks, and that no other chart helps."""
    kinds = list(dict.fromkeys(f"{one['kind']} of {one['api']}" for one in _KIND.finditer(errors[:_MOST])))
    rest = f" and {len(kinds) - _NAMED} more" if len(kinds) > _NAMED else ""
    which = f": {', '.join(kinds[:_NAMED])}{rest}" if kinds else ""
    return (
        "Helm's record of the live revision has APIs that this Kubernetes removed, or whose definitions are missing"
        f"{which}. Helm gives up at them whichever chart or values come next, and changed nothing."
    )
