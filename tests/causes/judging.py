"""Whether an answer is right: what it says on its own account, apart from what it quotes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from tests.causes.corpus import Entry

# A quotation that was cut has no end.
_QUOTED = re.compile(r"“[^”]*(?:”|$)")
# What gRPC puts before a message, and says nothing: the product leaves it out.
_RPC = re.compile(r"rpc error: code = \w+ desc = ")
# Who claims one of these sends somebody off to act, or to wait. What is only quoted claims nothing.
CLAIMS = (
    r"\bgone\b",
    r"no longer (exists|responds|in the cluster)",
    r"does not exist",
    r"was not found",
    r"does not have",
    r"is full\b",
    r"used up",
    r"mended",
    r"by itself (soon|in)",
    r"push it again",
    r"does not let",
    r"cannot be reached",
    r"no such machine",
    r"does not offer",
    r"no addresses left",
    r"(attached to|in use on) another node\b",
    r"different zone",
    r"tries again",
    r"out of memory|used more memory",
    r"\b(policy|webhook|quota|firewall) (of|refuses|\w+ is)",
    r"\bdelete the (claim|pod|volume|disk)",
)
_CLAIM = re.compile("|".join(CLAIMS), re.IGNORECASE)
# Nowhere, whatever the text: only proof from the claim, the volume and Azure together would allow it.
_NEVER = ("gone from azure", "lost for ever", "delete the claim and")
# What a quotation leaves out: its middle, addresses, what looks like a secret.
_HIDDEN = re.compile(r" ?… ?|\([a-z ]+\)|\[hidden\]")
# So much of the system's own words has to stand in a quotation to be one.
_SHORTEST = 12


class Verdict(Enum):
    """What an answer is worth."""

    RIGHT = "right"
    QUOTED = "quoted"
    WRONG = "wrong"


@dataclass(frozen=True)
class Judgement:
    """The verdict, and why where it is wrong."""

    verdict: Verdict
    why: str = ""


def judged(entry: Entry, answer: Mapping[str, str]) -> Judgement:
    """Judge what each place in the product says of a text; the first place is the one that people ask."""
    plain = next(iter(answer.values()), "")
    said = " ".join(plain.split())
    own = {place: " ".join(_QUOTED.sub("“…”", words).split()) for place, words in answer.items()}
    for place, words in own.items():
        for word in (*entry.never, *_NEVER):
            if word.lower() in words.lower():
                return Judgement(Verdict.WRONG, f"{place} says “{word}”: {words}")
    missing = [word for word in entry.says if word.lower() not in f"{said}\n{plain}".lower()]
    if missing:
        return Judgement(Verdict.WRONG, f"{missing} is not in: {said or 'nothing at all'}")
    if entry.expect == "right":
        return Judgement(Verdict.RIGHT)
    for place, words in own.items():
        if found := _CLAIM.search(words):
            return Judgement(Verdict.WRONG, f"{place} claims “{found[0]}” of what it cannot know: {words}")
    if not _is_quoted(entry.text, said):
        return Judgement(Verdict.WRONG, f"the text's own words are not quoted in: {said or 'nothing at all'}")
    return Judgement(Verdict.QUOTED)


def _is_quoted(text: str, said: str) -> bool:
    """Whether something between quotation marks is the text's. Addresses in it may be hidden, its middle left out."""
    flat = " ".join(_RPC.sub("", text.replace('\\"', '"')).split())
    pieces = [piece for quoted in _QUOTED.findall(said) for piece in _HIDDEN.split(quoted.strip("“”"))]
    own = [piece.strip() for piece in pieces if len(piece.strip()) >= _SHORTEST]
    return bool(own) and any(piece in flat for piece in own)
