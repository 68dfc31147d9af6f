"""What makes things happen in the cluster: the controllers, the scheduler, the kubelets."""

from sandbox.engine.loop import Controllers

__all__ = ["Controllers"]
