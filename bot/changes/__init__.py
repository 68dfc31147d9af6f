"""Changes: planned, approved, queued and carried out."""
