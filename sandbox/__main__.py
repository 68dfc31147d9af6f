"""`python -m sandbox`."""

import gc
import os
import sys

if __name__ == "__main__":
    # It connects to nobody outside: the machine's CA certificates, which aiohttp loads at import, are not needed.
    os.environ["SSL_CERT_FILE"] = os.devnull
    # What is loaded and built stays to the end: nothing to collect until the sandbox is ready, which ends this.
    gc.disable()
    from sandbox.command_line import main

    status = main()
    # All is closed by now. Python would still free every object, one by one.
    sys.stdout.flush()
    os._exit(status)
