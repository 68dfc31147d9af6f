"""The plan of a deployment and its preview: values first, then the consequences, then the objects. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from cards.views import Difference, Lines, Plan
from clients.values import ValueChange
from commands.announcements.offer import offer
from commands.framework.effects import Impact
from commands.framework.plan_digest import added_later, incidental
from commands.nodes.pools import names_in_words, users_section
from commands.release.pending import restore_notice
from commands.timing.durations import spoken
from commands.values.code_changes import CodeChange, code_sections, rows, with_code
from commands.values.diff import ValueDifference

_ANNOUNCED: Final = "JupyterHub is updated soon: connections drop for some seconds, and servers go on."


@dataclass(frozen=True)
class DeployPlan:
    """The plan of a deployment, bound to the revision, the values and the chart, not to who is logged in.

    `rendered` is the digest of the objects that helm would create. The sentences follow from it, from the values and
    from the live revision alone, so consent need not be bound to the words as well. `timeout` is in seconds, 0 for the
    configured one.
    """

    release: str
    namespace: str
    revision: int
    values_digest: str
    chart: str
    chart_version: str
    image: str
    before: str
    after: str
    servers: int = field(metadata=incidental())
    """Running servers that keep another image."""
    attempted: str = ""
    back: int = 0
    """The live revision if it is restored first, because a later one failed; else 0."""
    digest: str = ""
    """The image digest of the tag if the configuration asks to deploy by digest: nothing else is deployed then."""
    seen: str = field(default="", metadata=incidental())
    """The image digest of the tag, if it is known."""
    unchecked: str = field(default="", metadata=incidental())
    """The reason that the tag could not be looked up in the registry; else empty."""
    asked_tag: bool = True
    """True if a tag was typed; without one, the stored values are deployed as they are."""
    chart_before: str = ""
    rendered: str = ""
    timeout: float = 0.0
    wait: bool = True
    values: tuple[ValueDifference, ...] = field(default=(), metadata=incidental())
    meaning: tuple[str, ...] = field(default=(), metadata=incidental())
    warnings: tuple[str, ...] = field(default=(), metadata=incidental())
    objects: tuple[str, ...] = field(default=(), metadata=incidental())
    interrupts: bool = field(default=False, metadata=incidental())
    people: tuple[str, ...] = field(default=(), metadata=incidental())
    """The users of those servers."""
    changes: tuple[ValueChange, ...] = ()
    """The changes of the stored values."""
    written: str = field(default="", metadata=incidental())
    """The version of the stored values that it was planned on."""
    impacts: tuple[Impact, ...] = field(default=(), metadata=added_later())
    """The effects that people have to approve."""
    code: tuple[CodeChange, ...] = field(default=(), metadata=incidental())
    """The code that changes, without what looks like a secret in it."""

    @property
    def tag(self) -> str:
        """The new value of `singleuser.image.tag`."""
        return tag_with_digest(self.after, self.digest)

    @property
    def wanted(self) -> str:
        """The image that users get, with its tag."""
        return f"{self.image}:{self.tag}"

    @property
    def becomes(self) -> int:
        """The number of the revision that the deployment makes."""
        return self.revision + (2 if self.back else 1)

    @property
    def name(self) -> str:
        """A name for what is deployed, in a word or two."""
        chart = f"chart {self.chart_version}" if self.chart_version != self.chart_before and self.chart_before else ""
        if self.asked_tag:
            return f"{self.after} with {chart}" if chart else self.after
        return chart or "the stored values"

    @property
    def is_values(self) -> bool:
        """True if neither a tag nor another chart was asked for."""
        return not self.asked_tag and self.chart_before in ("", self.chart_version)

    @property
    def line(self) -> str:
        """The line to type for the same deployment."""
        words = [
            self.after if self.asked_tag else "",
            f"--chart {self.chart_version}" if self.chart_version != self.chart_before else "",
            f"--timeout {round(self.timeout)}s" if self.timeout else "",
            "" if self.wait else "--no-wait",
        ]
        return " ".join(("/jhub deploy", *filter(None, words)))


def tag_with_digest(tag: str, image_digest: str) -> str:
    """Return the tag with the image digest, if there is one, in z2jh's form."""
    return f"{tag}@{image_digest}" if image_digest else tag


def preview(plan: DeployPlan) -> Plan:
    """Return the requester's preview."""
    failed = f"The last attempt, tag {plan.attempted}, failed." if plan.attempted else ""
    if plan.back:
        failed = f"{failed} {restore_notice(plan.back)}"
    return Plan(
        f"Deploy {plan.name}",
        "",
        tuple(_differences(plan)),
        tuple(_consequences(plan)),
        tuple(filter(None, (failed, plan.unchecked, *plan.warnings))),
        "Deploy this now?",
        (
            *code_sections(plan.code),
            *((_objects(plan.objects),) if plan.objects else ()),
            *users_section(plan.people),
        ),
    )


def _differences(plan: DeployPlan) -> Iterator[Difference]:
    if plan.chart_before and plan.chart_before != plan.chart_version:
        yield Difference("chart", plan.chart_before, plan.chart_version)
    yield from with_code(rows(plan.values), plan.code)


def _consequences(plan: DeployPlan) -> Iterator[str]:
    if not plan.chart_before:
        yield "This is the first installation: it creates the whole hub."
    yield from plan.meaning
    if plan.chart_before:
        yield running_servers_notice(plan)
    if plan.digest:
        yield f"{plan.after} is {plan.digest}; that is what users get, even if the tag is moved."
    elif plan.seen:
        yield f"{plan.after} is {plan.seen}."
    if not plan.chart_before:
        yield f"Image {plan.image}; chart {plan.chart} {plan.chart_version}."
    elif plan.chart_before == plan.chart_version:
        yield f"Image {plan.image}; chart {plan.chart} {plan.chart_version} stays as it is."
    yield f"Becomes revision {plan.becomes} of {plan.release}{_waiting(plan)}."
    if plan.chart_before and plan.interrupts and plan.servers:
        yield offer(_ANNOUNCED, "1h")


def _waiting(plan: DeployPlan) -> str:
    wait = f"; each phase may take {spoken(timedelta(seconds=plan.timeout))}" if plan.timeout else ""
    return wait if plan.wait else f"; the bot does not wait until its pods are ready{wait}"


def running_servers_notice(plan: DeployPlan) -> str:
    """Return what happens to running servers."""
    if not plan.servers:
        return "No running server has another image."
    noun, verb = ("running server keeps", "its") if plan.servers == 1 else ("running servers keep", "their")
    end = "none is stopped" if plan.interrupts else "nobody is interrupted"
    image = "another image" if plan.before == plan.after else "the old image"
    return f"{plan.servers} {noun} {image} until {verb} next restart; {end}{_of(plan)}."


def _of(plan: DeployPlan) -> str:
    """Return the users' names in parentheses, as far as there is room."""
    return f" ({names_in_words(plan.people)})" if plan.people else ""


def _objects(lines: Sequence[str]) -> Lines:
    noun = "object" if len(lines) == 1 else "objects"
    return Lines(tuple(lines), f"{len(lines)} {noun} in Kubernetes", code=True)
