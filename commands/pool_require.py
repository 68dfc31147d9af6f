"""Keep users' servers to the users' nodes."""

from commands.purpose import change

COMMAND = change("require", "Keep users' servers on the users' nodes only.", "Require the users' nodes", rank=9)
