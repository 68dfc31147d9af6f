"""What every part may call to be seen: correlation ids, counters, spans. No exporter is imported here."""
