"""A user's Jupyter Server, as a notebook in a browser uses it: its kernels, and cells that they run.

Read against Jupyter Server 2.21 and messages of version 5.3 and later of the Jupyter protocol.
"""

from clients.jupyter.kernel import CellResult, Kernel
from clients.jupyter.server import JupyterServer, JupyterServers, KernelSpecs

__all__ = ["CellResult", "JupyterServer", "JupyterServers", "Kernel", "KernelSpecs"]
