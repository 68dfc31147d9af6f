"""The views: the content of a card, without its looks.

Commands and the pipeline make these; `cards.adaptive` turns them into Adaptive Cards, `cards.text` into plain text for
notifications and the terminal. A view is frozen, holds no secret and is independent of Teams. Text with a moment in it
is made by `cards.times`.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final


class Tone(Enum):
    """The quality of the news. Always shown as a symbol and a word as well as a colour."""

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

    A line that begins with “→” is the advice on the one before it, and stays close to that.
    """

    lines: tuple[str, ...]
    title: str = ""
    code: bool = False
    rest: str = ""


Section = Facts | Table | Chart | Lines


class ButtonStyle(Enum):
    """The kind of a button: neutral, going on, or ending something."""

    DEFAULT = "default"
    POSITIVE = "positive"
    DESTRUCTIVE = "destructive"


@dataclass(frozen=True)
class Button:
    """A button of the card (`Action.Execute`).

    `verb` and `data` come back in the click; they are visible in the traffic, so no secret, and are believed only after
    the same checks as typed text. One with a `url` has no verb: it opens that address (`Action.OpenUrl`), which whoever
    sees the card may read, so no secret either.
    """

    title: str
    verb: str
    data: tuple[tuple[str, str], ...] = ()
    style: ButtonStyle = ButtonStyle.DEFAULT
    url: str = ""


# The verb of a button that is as good as typing its line.
TYPE = "type"


def typing(title: str, line: str, style: ButtonStyle = ButtonStyle.DEFAULT) -> Button:
    """Return a button equivalent to typing `line`, with the level and the confirmation of whoever presses it."""
    return Button(title, TYPE, (("line", line),), style)


# The name under which a press brings what was typed into a request's field for a reason, and its longest text.
WHY: Final = "why"
LONGEST_WHY: Final = 200

# The verb of a button that shows another page of its card, in the card's place.
PAGE = "page"


def opening(title: str, url: str) -> Button:
    """Return a button that opens a web page. Raise ValueError for an address that is not https."""
    if not url.startswith("https://") or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("a card opens https addresses only")
    return Button(title, "", url=url)


@dataclass(frozen=True)
class Page:
    """The position of a page in a longer view: `cards.pages` makes these.

    `following` is the line to type for the next page, where there is one and it can be typed.
    """

    number: int
    count: int
    following: str = ""

    @property
    def words(self) -> str:
        """The position in words: "Page 2 of 3"."""
        return f"Page {self.number:,} of {self.count:,}"


@dataclass(frozen=True)
class Refresh:
    """A request by the card for a version for its reader: it sends this verb and data, as a click does.

    `people` are the ids of those it does so for by itself, at most 60 (Teams' limit); everybody where there are none.
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
    """The state of a system: the verdict first, then the problems, then the numbers."""

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
    """A value that a change would set. Values are shown verbatim: redact before."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Plan:
    """A change in full detail, before anyone agrees to it.

    `effects` come first: what it deletes, opens, stops or lets run, a sentence each, as approval rules name it.
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
    """An approver's name, and the time of the approval (`cards.times.hour`)."""

    name: str
    at: str


@dataclass(frozen=True)
class Request:
    """A plan that waits for approval.

    Of `plan`, all but its buttons is shown. `state` is the headline; `needed` is the number of approvals it takes,
    `approvals` those given, `approvers` who may approve; `expires` the end of the wait, in words; `note` a sentence for
    the reader. `asks_why` is what a field for the reader's reason asks for, empty where there is none; what they type
    comes with the press of each button, as `WHY`.
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
    asks_why: str = ""


class StepState(Enum):
    """The state of a step of running work."""

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
    """Running work; the card is edited in place. `details` are lines about the running step.

    `elsewhere` are the states of the steps on other pages.
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
    """A failure: its cause, the present state, and advice.

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
    """A list of commands: those the reader may run first, then those of others, grouped by `who`."""

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
