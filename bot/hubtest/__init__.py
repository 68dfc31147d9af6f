"""Tests of the hub on record, and those that the bot begins by itself."""
