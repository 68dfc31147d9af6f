"""What every command is made of: declarations, parser, registry, argument types."""
