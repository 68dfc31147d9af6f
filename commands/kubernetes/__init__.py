"""What Kubernetes says of pods, nodes, volumes and events, in words for people."""
