"""Commands about the hub's Helm values as people set them."""
