"""Let users' servers go to other nodes where the users' nodes are full."""

from commands.purpose import change

COMMAND = change("prefer", "Users' servers prefer the users' nodes, and take others when those are full.")
