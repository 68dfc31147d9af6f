"""The plan of a deployment, and what its requester sees of it: values first, what it means, then the objects. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from cards.views import Difference, Lines, Plan
from clients.values import ValueChange
from commands.framework.effects import Impact
from commands.framework.plan_digest import added_later, incidental
from commands.nodes.pools import people, whose
from commands.release.pending import told_before
from commands.timing.durations import spoken
from commands.values.diff import ValueDifference

# What is still read on a phone; the rest is counted.


@dataclass(frozen=True)
class DeployPlan:
    """The plan. It is bound to the revision, the values and the chart, not to who happens to be logged in.

    `rendered` is the digest of what helm would put in place. What is said of it is made from that, from the values and
    from the live revision alone, and so consent need not be bound to the words as well. `timeout` is in seconds, 0 for
    what is configured.
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
    """The live revision where it is put back first, since another one has failed after it."""
    digest: str = ""
    """What the tag means, where the configuration asks to deploy by digest: nothing else is deployed then."""
    seen: str = field(default="", metadata=incidental())
    """What the tag means, where that is known."""
    unchecked: str = field(default="", metadata=incidental())
    """Why it is not known whether the registry has the tag."""
    asked_tag: bool = True
    """Whether a tag was named; without one, what is written down is deployed as it is."""
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
    """Whose servers they are."""
    changes: tuple[ValueChange, ...] = ()
    """What is changed in the values that are written down."""
    written: str = field(default="", metadata=incidental())
    """The version of the values' home that it was planned on."""
    impacts: tuple[Impact, ...] = field(default=(), metadata=added_later())
    """What people have to agree to."""

    @property
    def tag(self) -> str:
        """What becomes of `singleuser.image.tag`."""
        return by_digest(self.after, self.digest)

    @property
    def wanted(self) -> str:
        """The image that users get, with its tag."""
        return f"{self.image}:{self.tag}"

    @property
    def becomes(self) -> int:
        """The number of the revision that it makes."""
        return self.revision + (2 if self.back else 1)

    @property
    def name(self) -> str:
        """What is deployed, in a word or two."""
        chart = f"chart {self.chart_version}" if self.chart_version != self.chart_before and self.chart_before else ""
        if self.asked_tag:
            return f"{self.after} with {chart}" if chart else self.after
        return chart or "the stored values"

    @property
    def is_values(self) -> bool:
        """Whether neither a tag nor another chart was asked for."""
        return not self.asked_tag and self.chart_before in ("", self.chart_version)

    @property
    def line(self) -> str:
        """What to type for the same again."""
        words = [
            self.after if self.asked_tag else "",
            f"--chart {self.chart_version}" if self.chart_version != self.chart_before else "",
            f"--timeout {round(self.timeout)}s" if self.timeout else "",
            "" if self.wait else "--no-wait",
        ]
        return " ".join(("/jhub deploy", *filter(None, words)))


def by_digest(tag: str, digest: str) -> str:
    """The tag, and where there is one the digest, as z2jh takes both."""
    return f"{tag}@{digest}" if digest else tag


def preview(plan: DeployPlan) -> Plan:
    """What the requester sees before saying yes."""
    failed = f"The last attempt, tag {plan.attempted}, failed." if plan.attempted else ""
    if plan.back:
        failed = f"{failed} {told_before(plan.back)}"
    return Plan(
        f"Deploy {plan.name}",
        "",
        tuple(_differences(plan)),
        tuple(_consequences(plan)),
        tuple(filter(None, (failed, plan.unchecked, *plan.warnings))),
        "Deploy this now?",
        (*((_objects(plan.objects),) if plan.objects else ()), *whose(plan.people)),
    )


def _differences(plan: DeployPlan) -> Iterator[Difference]:
    if plan.chart_before and plan.chart_before != plan.chart_version:
        yield Difference("chart", plan.chart_before, plan.chart_version)
    for one in plan.values:
        yield Difference(one.path, one.before, one.after)


def _consequences(plan: DeployPlan) -> Iterator[str]:
    if not plan.chart_before:
        yield "This is the first installation: it creates the whole hub."
    yield from plan.meaning
    if plan.chart_before:
        yield kept(plan)
    if plan.digest:
        yield f"{plan.after} is {plan.digest}; that is what users get, even if the tag is moved."
    elif plan.seen:
        yield f"{plan.after} is {plan.seen}."
    if not plan.chart_before:
        yield f"Image {plan.image}; chart {plan.chart} {plan.chart_version}."
    elif plan.chart_before == plan.chart_version:
        yield f"Image {plan.image}; chart {plan.chart} {plan.chart_version} stays as it is."
    yield f"Becomes revision {plan.becomes} of {plan.release}{_waiting(plan)}."


def _waiting(plan: DeployPlan) -> str:
    wait = f"; each phase may take {spoken(timedelta(seconds=plan.timeout))}" if plan.timeout else ""
    return wait if plan.wait else f"; the bot does not wait until its pods are ready{wait}"


def kept(plan: DeployPlan) -> str:
    """What becomes of those who work just then."""
    if not plan.servers:
        return "No running server has another image."
    noun, verb = ("running server keeps", "its") if plan.servers == 1 else ("running servers keep", "their")
    end = "none is stopped" if plan.interrupts else "nobody is interrupted"
    image = "another image" if plan.before == plan.after else "the old image"
    return f"{plan.servers} {noun} {image} until {verb} next restart; {end}{_of(plan)}."


def _of(plan: DeployPlan) -> str:
    """Whose they are, as far as there is room for names."""
    return f" ({people(plan.people)})" if plan.people else ""


def _objects(lines: Sequence[str]) -> Lines:
    noun = "object" if len(lines) == 1 else "objects"
    return Lines(tuple(lines), f"{len(lines)} {noun} in Kubernetes", code=True)
