"""Does the hub work for a user? A synthetic user starts a server, runs cells, and is removed with everything of theirs.

A change that changes what servers start with uses `steps.run_test` for steps of its own.
"""
