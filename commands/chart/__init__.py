"""Commands about the chart's versions: upgrade paths, hazards and migrations."""
