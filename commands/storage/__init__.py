"""Commands about people's homes."""
