"""A stand-in for nb_conda_kernels 2.5, which only conda's channels have.

Written from what its README says of listing (names, filter, settings, cache), not from its source. It starts no kernel.
"""

from nb_conda_kernels.manager import CondaKernelSpecManager

__all__ = ["CondaKernelSpecManager"]
