"""The JupyterHub's REST API: its users and their servers.

Read against JupyterHub 5; differences of 1.4 (chart 1.1) are noted where they matter.
"""

from clients.hub.announcements import AnnouncementClient
from clients.hub.progress import SpawnEvent
from clients.hub.reader import HubReader
from clients.hub.spawns import SpawnCounts
from clients.hub.synthetic import SyntheticUsers
from clients.hub.users import HubServer, HubUser
from clients.hub.writer import HubWriter

__all__ = [
    "AnnouncementClient",
    "HubReader",
    "HubServer",
    "HubUser",
    "HubWriter",
    "SpawnCounts",
    "SpawnEvent",
    "SyntheticUsers",
]
