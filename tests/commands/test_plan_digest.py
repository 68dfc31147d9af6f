"""What consent is bound to."""

from dataclasses import dataclass, field

from commands.framework.plan_digest import added_later, digest, incidental


@dataclass(frozen=True)
class Then:
    pool: str = "users"
    count: int = 3


@dataclass(frozen=True)
class Now:
    pool: str = "users"
    count: int = 3
    above: str = field(default="", metadata=added_later())
    impacts: tuple[str, ...] = field(default_factory=tuple, metadata=added_later())
    seated: int = field(default=0, metadata=incidental())


def of(plan):
    return digest("scale", "olu", plan)


def test_what_was_added_to_a_plan_binds_only_where_it_says_something():
    assert of(Now()) == of(Now(seated=7)) == of(Then())
    said = [Now(), Now(above="More than one person may give it."), Now(impacts=("It stops.",)), Now(count=4)]
    assert len({of(one) for one in said}) == len(said)
