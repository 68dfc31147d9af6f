"""A JupyterHub on Kubernetes in one process: the systems outside, for the demo and the tests. Loopback only.

Each imitated system has a folder: `apiserver`, `controllers` and `kubelet` (Kubernetes), `azure`, `entra`, `registry`,
`git`, `helm`, `jupyterhub`, `internet`. In the folder of a service, `<thing>.py` has what the service keeps and the
rules for it, without HTTP; `<thing>_routes.py` gives that to callers over HTTP, in the shapes of the real API; and
`errors.py` has the errors, in the service's own words. So `azure/key_vault.py` is a vault with its secrets, and
`azure/key_vault_routes.py` answers requests for them; a test builds the first, looks into it, and serves the second. A
thing that keeps nothing has only routes. The Kubernetes API has the parts of a real one instead: a router, handlers, a
store.

`scenario` says which cluster and hub there are and what has happened to them, `faults` breaks them. `assembly` builds
all parts in order, `endpoints` serves them, `lifetime` ends them, `server` does all three while a block lasts, and
`command_line` is the program around that.
"""
