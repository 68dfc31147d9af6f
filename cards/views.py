"""The views: what a card says, without how it looks.

Commands and the pipeline make these; `cards.adaptive` turns them into Adaptive Cards, `cards.text` into plain
text for notifications and the terminal. A view is frozen, holds no secret and knows nothing of Teams. Where a text
has a moment in it, `cards.times` makes that text.
"""

from dataclasses import dataclass, field
from enum import Enum


class Tone(Enum):
    """How good the news is. Always shown as a symbol and a word as well as a colour."""

    GOOD = "good"
    NOTE = "note"
    WORKING = "working"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True)
class Fact:
    """One labelled value. A tone other than NOTE is shown beside the value."""

    label: str
    value: str
    tone: Tone = Tone.NOTE


@dataclass(frozen=True)
class Facts:
    """A short list of labelled values."""

    facts: tuple[Fact, ...]
    title: str = ""


# Of some answers there are a hundred thousand.
@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a table."""

    text: str
    tone: Tone = Tone.NOTE


@dataclass(frozen=True)
class Column:
    """A column's heading and its share of the width (weights, not pixels)."""

    title: str
    weight: int = 1
    numeric: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of cells, each as long as `columns`.

    Longer ones are shown in pages (`cards.pages`). Where a single row is too large for a card, its renderer leaves out
    rows; it then says how many, and `rest` says what to type to see them (for example "/jhub pods hub").
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    rest: str = ""


@dataclass(frozen=True)
class Slice:
    """One part of a chart. `value` is a count, zero or more."""

    label: str
    value: int
    tone: Tone = Tone.NOTE


@dataclass(frozen=True)
class Chart:
    """Parts of a whole, drawn as a doughnut; as words wherever charts are not drawn."""

    title: str
    slices: tuple[Slice, ...]


@dataclass(frozen=True)
class Lines:
    """Text lines, each on its own; `code` keeps spaces and uses a fixed-width face.

    A line that begins with “→” is the way out of the one before it, and stays close to that.
    """

    lines: tuple[str, ...]
    title: str = ""
    code: bool = False
    rest: str = ""


Section = Facts | Table | Chart | Lines


class ButtonStyle(Enum):
    """What pressing means: nothing special, going on, or ending something."""

    DEFAULT = "default"
    POSITIVE = "positive"
    DESTRUCTIVE = "destructive"


@dataclass(frozen=True)
class Button:
    """A button of the card (`Action.Execute`).

    `verb` and `data` come back in the click; they are shown to whoever looks at the traffic, so no secret, and
    are believed only after the same checks as typed text. One with a `url` has no verb: it opens that address
    (`Action.OpenUrl`), which whoever sees the card may read, so no secret either.
    """

    title: str
    verb: str
    data: tuple[tuple[str, str], ...] = ()
    style: ButtonStyle = ButtonStyle.DEFAULT
    url: str = ""


# The verb of a button that is as good as typing its line.
TYPE = "type"


def typing(title: str, line: str, style: ButtonStyle = ButtonStyle.DEFAULT) -> Button:
    """A button that does what typing `line` does, for whoever presses it: with their level, their confirmation."""
    return Button(title, TYPE, (("line", line),), style)


# The verb of a button that shows another page of its card, in the card's place.
PAGE = "page"


def opening(title: str, url: str) -> Button:
    """A button that opens a web page. Raises ValueError for what is none."""
    if not url.startswith("https://") or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("a card opens https addresses only")
    return Button(title, "", url=url)


@dataclass(frozen=True)
class Page:
    """Which part of a longer view this is: `cards.pages` makes these.

    `following` is what can be typed for the next page, where there is one and it can be typed.
    """

    number: int
    count: int
    following: str = ""

    @property
    def words(self) -> str:
        """Which page it is: "Page 2 of 3"."""
        return f"Page {self.number:,} of {self.count:,}"


@dataclass(frozen=True)
class Refresh:
    """Who looks at the card again sees their own: the card asks for it with this verb and data, as a click does.

    `people` are the ids of those it asks for by itself, at most 60 (Teams' limit); everybody where there are none.
    """

    verb: str
    data: tuple[tuple[str, str], ...]
    people: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notice:
    """Something to know: a result, a refusal, a hint."""

    title: str
    text: str = ""
    tone: Tone = Tone.NOTE
    sections: tuple[Section, ...] = ()
    buttons: tuple[Button, ...] = ()
    refresh: Refresh | None = None
    page: Page | None = None


@dataclass(frozen=True)
class Status:
    """How a system is: the verdict first, then what is wrong, then the numbers."""

    title: str
    headline: str
    tone: Tone
    problems: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    as_of: str = ""
    buttons: tuple[Button, ...] = ()
    page: Page | None = None


@dataclass(frozen=True)
class Difference:
    """A value that a change would set. Values are shown as they are: redact before."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Plan:
    """What exactly would happen, before anyone agrees to it.

    `effects` come first: what it deletes, opens, stops or lets run, a sentence each, as rules about consent know it.
    """

    title: str
    requester: str
    differences: tuple[Difference, ...] = ()
    consequences: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    question: str = ""
    sections: tuple[Section, ...] = ()
    buttons: tuple[Button, ...] = ()
    page: Page | None = None
    effects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Approval:
    """Who agreed, and when (`cards.times.hour`)."""

    name: str
    at: str


@dataclass(frozen=True)
class Request:
    """A plan that waits for others' agreement.

    Of `plan`, what would happen is shown, not its buttons. `state` is the headline; `needed` how many must agree,
    `approvals` who has, `approvers` who may; `expires` until when, in words; `note` a sentence for the one who looks.
    """

    plan: Plan
    state: str
    needed: int
    approvals: tuple[Approval, ...] = ()
    reason: str = ""
    expires: str = ""
    approvers: tuple[str, ...] = ()
    emergency: bool = False
    note: str = ""
    buttons: tuple[Button, ...] = ()
    refresh: Refresh | None = None
    page: Page | None = None


class StepState(Enum):
    """Where a step of running work stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class StepLine:
    """One step of running work, with a short remark such as "12 s" or "3 of 5 nodes"."""

    title: str
    state: StepState
    remark: str = ""


@dataclass(frozen=True)
class Progress:
    """Work that goes on; the card is edited in place. `details` is what happens inside the running step.

    `elsewhere` is how the steps stand that are on other pages.
    """

    title: str
    requester: str = ""
    steps: tuple[StepLine, ...] = ()
    details: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    elapsed: str = ""
    buttons: tuple[Button, ...] = ()
    elsewhere: tuple[StepState, ...] = ()
    page: Page | None = None


@dataclass(frozen=True)
class Failure:
    """Something did not work: why, what is true now, what to do next.

    `reference` finds the log entry of a bug; it is empty for failures that are understood.
    """

    title: str
    cause: str
    now: tuple[Fact, ...] = ()
    advice: tuple[str, ...] = ()
    reference: str = ""
    sections: tuple[Section, ...] = ()
    buttons: tuple[Button, ...] = ()
    page: Page | None = None


@dataclass(frozen=True)
class HelpEntry:
    """One command in a list of commands. `who` is set where the reader may not run it: "Operators can type"."""

    usage: str
    summary: str
    who: str = ""


@dataclass(frozen=True)
class Help:
    """What can be typed: what the reader may do first, then what others can, with who they are said once for each."""

    title: str
    text: str = ""
    allowed: tuple[HelpEntry, ...] = ()
    others: tuple[HelpEntry, ...] = ()
    examples: tuple[str, ...] = field(default=())
    footer: str = ""
    sections: tuple[Section, ...] = ()
    buttons: tuple[Button, ...] = ()
    page: Page | None = None


View = Notice | Status | Plan | Request | Progress | Failure | Help
