"""The hub as anybody sees it: its certificate, its DNS, the authority that issues it."""
