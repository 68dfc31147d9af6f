"""The controllers, the scheduler and the kubelets of the sandbox's cluster: they make objects behave in time."""

from sandbox.controllers.manager import Controllers

__all__ = ["Controllers"]
