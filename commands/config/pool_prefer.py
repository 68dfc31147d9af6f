"""`/jhub pool prefer`: let users' servers go to other nodes if the users' nodes are full."""

from commands.config.node_affinity import affinity_command

COMMAND = affinity_command(
    "prefer",
    "Let users' servers prefer the users' nodes and use others when those are full.",
    "Prefer the users' nodes",
    rank=8,
)
