"""What makes objects behave in time: the controllers, the scheduler and the kubelets of the sandbox's cluster."""

from sandbox.controllers.manager import Controllers

__all__ = ["Controllers"]
