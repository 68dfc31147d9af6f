"""Commands about the users' image: its tags, builds and pulls."""
