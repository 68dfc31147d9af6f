"""Manifests with the shape of z2jh's, made up: what each test changes of them is all that differs."""

import copy
from dataclasses import dataclass, field

import yaml

IMAGE = "jhub.azurecr.io/notebook:3f9a41c"
HIDDEN = "# HIDDEN: The Secret output has been suppressed"


def thing(kind, name, component="", **content):
    labels = {"component": component, "chart": "jupyterhub-4.4.0"}
    return {"kind": kind, "apiVersion": "v1", "metadata": {"name": name, "labels": labels}, **content}


def workload(kind, name, image, *, annotations=None, init=None, **spec):
    template = {
        "metadata": {"labels": {"component": name}, "annotations": annotations or {}},
        "spec": {"containers": [{"name": name, "image": image}], "initContainers": init or []},
    }
    return thing(
        kind, name, name, spec={"selector": {"matchLabels": {"component": name}}, **spec, "template": template}
    )


def puller(name="continuous-image-puller", image=IMAGE):
    return workload("DaemonSet", name, "pause:3.10", init=[{"name": "image-pull-singleuser", "image": image}])


def claim(size="1Gi", storage_class="managed-csi", name="hub-db-dir"):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    return thing("PersistentVolumeClaim", name, "hub", spec={**spec, "storageClassName": storage_class})


def hub(image="k8s-hub:4.4.0", **checksums):
    annotations = {
        "checksum/config-map": "a",
        "checksum/secret": "b",
        **{f"checksum/{k}": v for k, v in checksums.items()},
    }
    return workload("Deployment", "hub", image, annotations=annotations, replicas=1)


def standard():
    """The objects of a hub, without Secrets."""
    return [
        hub(),
        workload("Deployment", "proxy", "chp:5.1.0", replicas=1),
        workload("Deployment", "autohttps", "traefik:v3", replicas=1),
        workload("Deployment", "user-scheduler", "kube-scheduler:1", replicas=2),
        workload("StatefulSet", "user-placeholder", "pause:3.10", replicas=2, serviceName="user-placeholder"),
        puller(),
        claim(),
        thing("ConfigMap", "hub", "hub", data={"z2jh.py": "pass"}),
        thing("Service", "proxy-public", "proxy", spec={"type": "LoadBalancer", "loadBalancerIP": "20.50.2.71"}),
        thing("NetworkPolicy", "hub", "hub", spec={"ingress": [{"ports": [{"port": "http"}]}]}),
        thing("Role", "hub", "hub", rules=[{"verbs": ["get"]}]),
        thing("RoleBinding", "hub", "hub", roleRef={"name": "hub"}),
    ]


@dataclass
class Hub:
    """The objects of a hub, to be changed; `text` is them as helm writes them, Secrets told of by their templates."""

    objects: list = field(default_factory=standard)
    secrets: tuple = ("hub/secret.yaml",)

    def one(self, kind, name):
        return next(o for o in self.objects if (o["kind"], o["metadata"]["name"]) == (kind, name))

    def put(self, kind, name, path, value):
        """The same hub with one value changed."""
        made = Hub(copy.deepcopy(self.objects), self.secrets)
        node = made.one(kind, name)
        *above, last = path
        for part in above:
            node = node[part]
        node[last] = value
        return made

    def without(self, kind, name):
        return Hub(
            [
                o
                for o in copy.deepcopy(self.objects)
                if o is not None and (o["kind"], o["metadata"]["name"]) != (kind, name)
            ],
            self.secrets,
        )

    def plus(self, *objects):
        return Hub([*copy.deepcopy(self.objects), *objects], self.secrets)

    @property
    def text(self):
        """As helm prints it when it is told to hide Secrets."""
        return self._text(hidden=True)

    @property
    def live(self):
        """As helm records it: Secrets and all."""
        return self._text(hidden=False)

    def _text(self, *, hidden):
        documents = [f"# Source: jupyterhub/templates/x.yaml\n{yaml.safe_dump(o)}" for o in self.objects]
        for source in self.secrets:
            secret = yaml.safe_dump(
                {"kind": "Secret", "metadata": {"name": source.partition("/")[0]}, "data": {"k": "djE="}}
            )
            documents.append(f"# Source: jupyterhub/templates/{source}\n{HIDDEN if hidden else secret}")
        return "".join(f"---\n{one}\n" for one in documents)
