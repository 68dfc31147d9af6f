"""Keep users' servers to the users' nodes."""

from commands.purpose import change

COMMAND = change("require", "Users' servers run on the users' nodes alone.")
