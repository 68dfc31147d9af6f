"""Announcements: kept on record, posted in the conversations that get alerts, and ended in time."""
