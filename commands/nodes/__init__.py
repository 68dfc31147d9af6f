"""Commands about nodes, pools and the cluster."""
