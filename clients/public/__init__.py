"""The hub's public side: its certificate, its DNS, the authority that issues its certificate."""
