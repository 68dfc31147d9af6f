"""The results of a change's phases, as the durable workflow records them: stored, so never renamed."""

from typing import Final

# The change has ended, or is about to.
OVER: Final = "over"
# It goes on with the next phase.
GO: Final = "go"
# Half of the time to answer has passed.
REMIND: Final = "remind"
# The plan is out of date; a new change asks again.
VOID: Final = "void"
