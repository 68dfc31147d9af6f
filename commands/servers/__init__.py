"""Commands about people's servers."""
