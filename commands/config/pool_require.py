"""`/jhub pool require`: keep users' servers to the users' nodes."""

from commands.config.node_affinity import affinity_command

COMMAND = affinity_command(
    "require", "Keep users' servers on the users' nodes only.", "Require the users' nodes", rank=9
)
