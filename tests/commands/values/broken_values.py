"""Values that helm accepts but that break starts, logins or the certificate.

Each input stands for a kind that people reported; its source is named beside it.
"""

# As z2jh 4 has them.
DEFAULTS = {
    "hub": {
        "baseUrl": "/",
        "db": {"pvc": {"storage": "1Gi"}},
        "image": {"name": "quay.io/jupyterhub/k8s-hub", "tag": "4.4.0"},
    },
    "proxy": {
        "https": {"enabled": False, "type": "letsencrypt", "hosts": []},
        "service": {"loadBalancerSourceRanges": []},
    },
    "singleuser": {
        "image": {"name": "quay.io/jupyterhub/k8s-singleuser-sample", "tag": "4.4.0"},
        "memory": {"limit": None, "guarantee": "1G"},
        "cpu": {"limit": None, "guarantee": None},
        "storage": {"capacity": "10Gi"},
        "profileList": [],
    },
}
PROFILE = "singleuser:\n  profileList:\n    - display_name: Large\n      kubespawner_override: {%s}\n"
OPTION = (
    "singleuser:\n  profileList:\n    - display_name: Large\n      profile_options:\n        image:\n"
    "          display_name: Image\n          choices:\n"
    "            one: {display_name: One, kubespawner_override: {%s}}\n"
)
HTTPS = "proxy:\n  https:\n    enabled: true\n    hosts: [%s]\n    letsencrypt: {contactEmail: ops@example.org}\n"
LOGIN = "hub:\n  config:\n    AzureAdOAuthenticator:\n      oauth_callback_url: %s\n"
MORE = "      profile_options: {m: {choices: {x: {kubespawner_override: {mem_guarantee: 8G}}}}}\n"
OVERRIDE = "singleuser.profileList[0].kubespawner_override"
CHOICE = "singleuser.profileList[0].profile_options.image.choices.one.kubespawner_override"
BYTES = "must be a number of bytes, or a number followed by K, M, G or T"
# What it is: the values, where the mistake is, and what is said of it.
BROKEN = {
    "2i2c-org/infrastructure #3721": (PROFILE % "mem_guarantee: 8G, mem_limit: 16GB", f"{OVERRIDE}.mem_limit", BYTES),
    "a profile's memory in Gi": (PROFILE % "mem_limit: 16Gi", f"{OVERRIDE}.mem_limit", BYTES),
    "a choice's memory": (OPTION % "mem_guarantee: 2 GB", f"{CHOICE}.mem_guarantee", BYTES),
    "the hub's own spawner": (
        "hub: {config: {KubeSpawner: {mem_limit: 4GiB}}}",
        "hub.config.KubeSpawner.mem_limit",
        BYTES,
    ),
    "a home of less than nothing": (
        "singleuser: {storage: {capacity: -5Gi}}",
        "singleuser.storage.capacity",
        "must not be negative",
    ),
    "a database of nothing": ("hub: {db: {pvc: {storage: 0}}}", "hub.db.pvc.storage", "must be more than 0"),
    "processors of less than nothing": (PROFILE % "cpu_guarantee: -1", f"{OVERRIDE}.cpu_guarantee", "not be negative"),
    "a hub that is killed": (
        "hub: {resources: {limits: {memory: 10Mi}}}",
        "hub.resources.limits.memory",
        "is less than the hub takes to start (100 MiB at the very least)",
    ),
    "a proxy that is killed": (
        "proxy: {chp: {resources: {limits: {memory: 8Mi}}}}",
        "proxy.chp.resources.limits.memory",
        "is less than the proxy takes to start",
    ),
    "a server that is killed": (PROFILE % "mem_limit: 10M, mem_guarantee: 5M", f"{OVERRIDE}.mem_limit", "it is killed"),
    "digits as a text": ("singleuser: {memory: {limit: '1073741824'}}", "singleuser.memory.limit", BYTES),
    "processors with a unit": (PROFILE % "cpu_limit: 500m", f"{OVERRIDE}.cpu_limit", "must be a number of cores"),
    "processors in quotation marks": (PROFILE % "cpu_guarantee: '2'", f"{OVERRIDE}.cpu_guarantee", "a number of cores"),
    "2i2c-org/infrastructure #3721, guarantee above limit": (
        "singleuser: {memory: {limit: 4G, guarantee: 8G}}",
        "singleuser.memory.guarantee",
        "is above singleuser.memory.limit: no server would start",
    ),
    "a limit below the chart's guarantee": (
        "singleuser: {memory: {limit: 512M}}",
        "singleuser.memory.guarantee",
        "is above singleuser.memory.limit",
    ),
    "processors guaranteed above their limit": (
        "singleuser: {cpu: {limit: 0.5, guarantee: 1}}",
        "singleuser.cpu.guarantee",
        "is above singleuser.cpu.limit",
    ),
    "a profile below the guarantee of all": (
        PROFILE % "mem_limit: 512M",
        f"{OVERRIDE}.mem_limit",
        "is below singleuser.memory.guarantee",
    ),
    "a choice above the limit of its profile": (
        PROFILE % "mem_limit: 4G" + MORE,
        "singleuser.profileList[0].profile_options.m.choices.x.kubespawner_override.mem_guarantee",
        "is above singleuser.profileList[0].kubespawner_override.mem_limit",
    ),
    "the hub asks for more than it may use": (
        "hub: {resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}}",
        "hub.resources.requests.memory",
        "is above hub.resources.limits.memory",
    ),
    "a quantity of nobody's": (
        "proxy: {chp: {resources: {limits: {memory: 1GB}}}}",
        "proxy.chp.resources.limits.memory",
        "must be a Kubernetes quantity",
    ),
    "thousandths of a byte": (
        "hub: {resources: {limits: {memory: 512m}}}",
        "hub.resources.limits.memory",
        "means thousandths of a byte",
    ),
    "a container's resources": (
        "singleuser: {initContainers: [{name: a, image: x, resources: {requests: {cpu: half}}}]}",
        "singleuser.initContainers[0].resources.requests.cpu",
        "must be a Kubernetes quantity",
    ),
    "a disk": ("singleuser: {storage: {capacity: 10GB}}", "singleuser.storage.capacity", "must be a Kubernetes"),
    "jupyterhub #3756": (
        HTTPS % '"https://hub.example.org"',
        "proxy.https.hosts[0]",
        "must be the name of a host alone: remove “https://”",
    ),
    "a host with a path": (HTTPS % "hub.example.org/hub", "proxy.https.hosts[0]", "without a path"),
    "a host with a port": (HTTPS % '"hub.example.org:443"', "proxy.https.hosts[0]", "without a port"),
    "any host": (HTTPS % '"*.example.org"', "proxy.https.hosts[0]", "without a “*”"),
    "an address": (HTTPS % "192.0.2.7", "proxy.https.hosts[0]", "must be a name, not an address"),
    "a host of an ingress": ("ingress: {hosts: ['http://a.example.org']}", "ingress.hosts[0]", "remove “http://”"),
    "a host of an ingress's certificate": (
        "ingress: {tls: [{hosts: [a.example.org, b_c.example.org]}]}",
        "ingress.tls[0].hosts[1]",
        "must be the name of a host",
    ),
    "nobody's mail address": (
        "proxy: {https: {enabled: true, hosts: [a.example.org], letsencrypt: {contactEmail: 'mailto:ops'}}}",
        "proxy.https.letsencrypt.contactEmail",
        "must be one mail address alone",
    ),
    "no certificate": (
        "proxy: {https: {enabled: true, type: manual, manual: {key: MIIE, cert: '-----BEGIN CERTIFICATE-----'}}}",
        "proxy.https.manual.key",
        "must be in PEM form",
    ),
    "z2jh #2551": (
        'singleuser: {image: {name: "jhub.azurecr.io/notebook:latest", tag: "3f9a41c"}}',
        "singleuser.image.name",
        "has a tag in it, and there is a tag beside it too",
    ),
    "pangeo helm-chart #19": (
        "singleuser: {image: {name: 'localhost:5000/a/notebook:1'}}",
        "singleuser.image.name",
        "has a tag in it",
    ),
    "a digest and a tag": (
        "singleuser: {image: {name: 'example.org/notebook@sha256:" + "0" * 64 + "'}}",
        "singleuser.image.name",
        "has a digest in it, and there is a tag beside it too",
    ),
    "the hub's image": ("hub: {image: {name: 'example.org/hub:1'}}", "hub.image.name", "has a tag in it"),
    "an image's address": (
        "singleuser: {image: {name: 'https://jhub.azurecr.io/notebook'}}",
        "singleuser.image.name",
        "without “https://”",
    ),
    "an image in capitals": ("singleuser: {image: {name: example.org/Notebook}}", "singleuser.image.name", "lower"),
    "a tag with its colon": ("singleuser: {image: {tag: ':3f9a41c'}}", "singleuser.image.tag", "must be a tag alone"),
    "an image to pull before": (
        "prePuller: {extraImages: {r: {name: 'rocker/r:4', tag: '4'}}}",
        "prePuller.extraImages.r.name",
        "has a tag in it",
    ),
    "a profile's image as a mapping": (
        PROFILE % "image: {name: a, tag: b}",
        f"{OVERRIDE}.image",
        "must be the name of an image with its tag, e.g. registry.example.org/notebook:3f9a41c: one text",
    ),
    "a choice's image as a mapping": (OPTION % "image: {name: a, tag: b}", f"{CHOICE}.image", "one text"),
    "a choice's image with two tags": (OPTION % 'image: "a/b:latest:1"', f"{CHOICE}.image", "must be the name of"),
    "a profile without a name": (
        "singleuser: {profileList: [{kubespawner_override: {}}]}",
        "singleuser.profileList[0]",
        "must have a display_name",
    ),
    "a profile that is none": ("singleuser: {profileList: [Large]}", "singleuser.profileList[0]", "must be a profile"),
    "an override that is a list": (
        "singleuser: {profileList: [{display_name: A, kubespawner_override: [mem_limit]}]}",
        OVERRIDE,
        "must be a mapping of names",
    ),
    "choices that are a list": (
        "singleuser: {profileList: [{display_name: A, profile_options: {o: {choices: [a]}}}]}",
        "singleuser.profileList[0].profile_options.o.choices",
        "must be a mapping of names",
    ),
    "a selector of a profile": (
        PROFILE % "node_selector: {gpu: yes}",
        f"{OVERRIDE}.node_selector.gpu",
        "must be a text: put it in quotation marks",
    ),
    "a selector of all": ("singleuser: {nodeSelector: {big: true}}", "singleuser.nodeSelector.big", "must be a text"),
    "an annotation": ("ingress: {annotations: {a/b: 1}}", "ingress.annotations.a/b", "must be a text"),
    "a toleration": (
        PROFILE % "tolerations: [{key: a, operator: Exists, effect: Noschedule}]",
        f"{OVERRIDE}.tolerations[0].effect",
        "must be NoSchedule, PreferNoSchedule or NoExecute",
    ),
    "graphics cards": (
        PROFILE % "extra_resource_limits: {nvidia.com/gpu: one}",
        f"{OVERRIDE}.extra_resource_limits.nvidia.com/gpu",
        "must be a Kubernetes quantity",
    ),
    "time in quotation marks": (PROFILE % "start_timeout: '600'", f"{OVERRIDE}.start_timeout", "a whole number"),
    "one user for all": (
        "hub: {config: {Authenticator: {allowed_users: ada@example.org}}}",
        "hub.config.Authenticator.allowed_users",
        "must be a list",
    ),
    "the hub's own number": (
        "hub: {config: {JupyterHub: {concurrent_spawn_limit: '64'}}}",
        "hub.config.JupyterHub.concurrent_spawn_limit",
        "must be a whole number",
    ),
    "a number in everybody's environment": (
        "singleuser: {extraEnv: {OMP_NUM_THREADS: 4}}",
        "singleuser.extraEnv.OMP_NUM_THREADS",
        "must be a text: put it in quotation marks",
    ),
    "a number in a profile's environment": (
        PROFILE % "environment: {DEBUG: on}",
        f"{OVERRIDE}.environment.DEBUG",
        "must be a text: put it in quotation marks",
    ),
    "a number in a list of variables": (
        "singleuser: {extraEnv: [{name: A, value: '1'}, {name: B, value: 2}]}",
        "singleuser.extraEnv[1].value",
        "must be a text: put it in quotation marks",
    ),
    "a number under a variable's name": (
        "singleuser: {extraEnv: {A: {name: A, value: 4}}}",
        "singleuser.extraEnv.A.value",
        "must be a text: put it in quotation marks",
    ),
    "a balancer's address": (
        "proxy: {service: {loadBalancerIP: hub.example.org}}",
        "proxy.service.loadBalancerIP",
        "must be an IP address",
    ),
    "a balancer's range": (
        "proxy: {service: {loadBalancerSourceRanges: [192.0.2.0/24, 10.0.0.0/99]}}",
        "proxy.service.loadBalancerSourceRanges[1]",
        "must be a range of addresses",
    ),
}
