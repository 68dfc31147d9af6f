"""A real JupyterHub for the contract test: nobody logs in, servers are small local programs."""

import os
import sys
from pathlib import Path

import yaml
from jupyterhub import version_info

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from slow_spawner import ContractSpawner  # noqa: E402 - found only now

# A hub before 2.0 knows no roles: a service may everything or nothing.
RIGHTS = {"admin": True} if version_info < (2,) else {}
FOLDER = Path(os.environ["CONTRACT_FOLDER"])

c = get_config()  # noqa: F821 - JupyterHub's own way to give the configuration
c.JupyterHub.bind_url = f"http://127.0.0.1:{os.environ['CONTRACT_PUBLIC_PORT']}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{os.environ['CONTRACT_HUB_PORT']}"
c.JupyterHub.db_url = f"sqlite:///{FOLDER / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(FOLDER / "cookie_secret")
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = set(os.environ["CONTRACT_USERS"].split("\n"))
c.Authenticator.admin_users = {os.environ["CONTRACT_ADMIN"]}
c.Authenticator.username_pattern = ""
c.JupyterHub.spawner_class = ContractSpawner
# A scaled 10 s: for how long the DELETE of a server is held.
c.JupyterHub.tornado_settings = {"slow_stop_timeout": float(os.environ["CONTRACT_SLOW_STOP_TIMEOUT"])}
c.ContractSpawner.home_dir_template = str(FOLDER / "{username}")
c.Spawner.cmd = [sys.executable, str(HERE / "small_server.py")]
c.Spawner.poll_interval = 1
c.JupyterHub.allow_named_servers = True
c.ConfigurableHTTPProxy.command = os.environ["CONTRACT_PROXY"].split("\n")
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['CONTRACT_PROXY_PORT']}"
c.JupyterHub.last_activity_interval = 3600
c.JupyterHub.load_roles = [
    {
        "name": "bot",
        "services": ["bot"],
        "scopes": os.environ["CONTRACT_SCOPES"].split(","),
    },
    {"name": "maker", "services": ["maker"], "scopes": ["admin:users", "admin:servers", "tokens"]},
]
c.JupyterHub.load_groups = {os.environ["CONTRACT_GROUP"]: {"users": []}}
c.JupyterHub.services = [
    {"name": "bot", "api_token": os.environ["CONTRACT_BOT_TOKEN"], **RIGHTS},
    {"name": "maker", "api_token": os.environ["CONTRACT_MAKER_TOKEN"], **RIGHTS},
    {
        "name": "announcement",
        "url": f"http://127.0.0.1:{os.environ['CONTRACT_ANNOUNCEMENT_PORT']}",
        "command": [sys.executable, str(HERE / "small_announcement.py")],
    },
]
# As the example's values have it, but for where the file is.
EXAMPLE = yaml.safe_load((HERE.parents[1] / "container" / "config.example.yaml").read_text(encoding="utf-8"))
exec(EXAMPLE["hub"]["extraConfig"]["announcement"].replace("/etc/jhub-announcement", str(FOLDER)))  # noqa: S102 - as the chart does
