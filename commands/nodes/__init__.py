"""Commands about node pools and the cluster, and what they share."""
