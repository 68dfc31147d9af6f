"""What controllers and kubelets share: their queue, events and indices."""
