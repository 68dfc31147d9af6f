"""Permission: people, their groups or roster, and the level that follows."""
