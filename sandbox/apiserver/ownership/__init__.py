"""Server-side apply: which manager set which field, and what happens when two want different things."""
