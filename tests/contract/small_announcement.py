"""A small announcement service behind a real hub: what the hub's example answers, with the hub's own authentication."""

import json
import os
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubAuthenticated
from tornado import ioloop, web

TOLD = {"announcement": ""}


class Announcement(HubAuthenticated, web.RequestHandler):
    """The one announcement, which everybody may read."""

    def get(self):
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(TOLD))

    @web.authenticated
    def post(self):
        TOLD["announcement"] = json.loads(self.request.body)["announcement"]
        self.get()

    @web.authenticated
    def delete(self):
        TOLD["announcement"] = ""
        self.get()


if __name__ == "__main__":
    here = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    web.Application([(os.environ["JUPYTERHUB_SERVICE_PREFIX"], Announcement)]).listen(here.port, here.hostname)
    ioloop.IOLoop.current().start()
