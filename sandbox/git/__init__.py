"""Git servers: the image's sources, sample notebooks, and the repository of the hub's values."""
