"""The story that the sandbox tells: what there is, and what has happened before."""
