"""The faults of a running sandbox: each module has `begin…` functions and one `heal`.

They take the sandbox's parts, act at once, may be called again, and return the names of what they touched.
"""
