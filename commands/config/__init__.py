"""Commands about the chart's values as people set them."""
