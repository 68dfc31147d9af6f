"""The real parts in each release that people run, beside the ones that this environment has (`make real`)."""
