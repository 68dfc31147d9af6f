"""A repository of charts on this machine: an index.yaml and packages, good ones and those nobody should trust."""

import gzip
import io
import json
import tarfile
from dataclasses import dataclass, field

import yaml
from aiohttp import web

NAME = "jupyterhub"
SCHEMA = {"type": "object", "additionalProperties": False, "properties": {"hub": {"type": "object"}}}


def member(name, content=b"", **more):
    told = tarfile.TarInfo(name)
    told.size = len(content)
    for key, value in more.items():
        setattr(told, key, value)
    return told, content


def packed(*members):
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for told, content in members:
            archive.addfile(told, io.BytesIO(content))
    return gzip.compress(whole.getvalue(), 1)


def chart(version="4.4.0", app_version="5.5.0", kubernetes=">=1.28.0-0", name=NAME):
    """The members of a chart, with a dependency's files that are not its own."""
    about = {"apiVersion": "v2", "name": name, "version": version, "appVersion": app_version, "kubeVersion": kubernetes}
    return [
        member(f"{name}/Chart.yaml", yaml.safe_dump(about).encode()),
        member(f"{name}/values.yaml", b"hub:\n  db: {type: sqlite-pvc}\n"),
        member(f"{name}/values.schema.json", json.dumps(SCHEMA).encode()),
        member(f"{name}/charts/other/values.yaml", b"hub: of another\n"),
        member(f"{name}/charts/other/Chart.yaml", b"name: other\nversion: 9.9.9\n"),
    ]


@dataclass
class Repository:
    """What is served; `asked` are the paths that were asked for."""

    packages: dict[str, bytes] = field(default_factory=dict)
    index: bytes | None = None
    asked: list[str] = field(default_factory=list)

    def add(self, version, **more):
        self.packages[version] = packed(*chart(version, **more))

    def listed(self):
        entries = [
            {"apiVersion": "v2", "name": NAME, "version": one, "appVersion": "x", "urls": [f"{NAME}-{one}.tgz"]}
            for one in self.packages
        ]
        return yaml.safe_dump({"apiVersion": "v1", "entries": {NAME: entries}}).encode()

    async def answer(self, request):
        path = request.match_info["path"]
        self.asked.append(path)
        if path == "index.yaml":
            return web.Response(body=self.listed() if self.index is None else self.index)
        version = path.removeprefix(f"{NAME}-").removesuffix(".tgz")
        if version not in self.packages:
            raise web.HTTPNotFound
        return web.Response(body=self.packages[version])

    def app(self):
        app = web.Application()
        app.router.add_get("/charts/{path:.*}", self.answer)
        return app
