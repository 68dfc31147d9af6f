"""Several hubs from one bot: which one is meant, what belongs to each, and how a card says whose it is."""
