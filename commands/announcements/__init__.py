"""Announcements: told in the conversations that get alerts, and on the hub's own pages where it can show them."""
