"""Views (plain data), and their rendering as Adaptive Cards and as text. Pure."""
