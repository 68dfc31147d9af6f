"""Parts that controllers and kubelets share: their queue, events and indices."""
