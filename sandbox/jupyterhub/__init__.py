"""The JupyterHub: its REST API, its users and its spawner."""
