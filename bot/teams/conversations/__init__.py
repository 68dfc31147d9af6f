"""Conversations of Teams: references, direct chats, targeted messages."""
