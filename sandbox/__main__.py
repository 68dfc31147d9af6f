"""`python -m sandbox`."""

import gc
import os
import sys

if __name__ == "__main__":
    # It asks nobody outside: the machine's authorities need not be read, as aiohttp does while it is loaded.
    os.environ["SSL_CERT_FILE"] = os.devnull
    # What is loaded and built stays to the end: nothing to collect until the sandbox is ready, which ends this.
    gc.disable()
    from sandbox.server import main

    status = main()
    # All is closed by now. Python would still take the world apart, object by object.
    sys.stdout.flush()
    os._exit(status)
