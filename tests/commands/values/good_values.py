"""Values that are well, or that only a provider may refuse."""

from tests.commands.values.broken_values import HTTPS, LOGIN, PROFILE

# Logins: what the provider refuses. Not certain, and so said and not refused.
CALLBACK = "hub.config.AzureAdOAuthenticator.oauth_callback_url"
UNLIKELY = {
    "z2jh #1281": LOGIN % "https://hub.example.org/hub/oauth_call_back",
    "oauthenticator #322": LOGIN % "https://hub.example.org/oauth_callback",
    "a slash too many": LOGIN % "https://hub.example.org/hub/oauth_callback/",
    "no scheme": LOGIN % "hub.example.org/hub/oauth_callback",
    "another host": LOGIN % "https://other.example.org/hub/oauth_callback" + HTTPS % "hub.example.org",
    "no HTTPS": LOGIN % "http://hub.example.org/hub/oauth_callback" + HTTPS % "hub.example.org",
    "not below the hub's path": (LOGIN % "https://hub.example.org/hub/oauth_callback").replace(
        "hub:\n", "hub:\n  baseUrl: /teaching/\n"
    ),
}
ANCHORS = """\
singleuser:
  profileList:
    - display_name: Small
      default: true
      profile_options: &options
        image:
          display_name: Image
          choices:
            base: {display_name: Base, default: true, kubespawner_override: {image: "jhub.azurecr.io/notebook:3f9a41c"}}
      kubespawner_override: {mem_limit: 4G}
    - display_name: Large
      profile_options: *options
      kubespawner_override: {mem_limit: 16G}
"""
GOOD = {
    "nothing": "",
    "bytes of all forms": "singleuser: {memory: {limit: 1.5G, guarantee: 512M}, cpu: {limit: 2, guarantee: 0.05}}",
    "no limits": "singleuser: {memory: {limit: null, guarantee: null}, cpu: {guarantee: 4}}",
    "limit and guarantee alike": "singleuser: {memory: {limit: 1024M, guarantee: 1G}}",
    "a limit of 0 is none": "singleuser: {memory: {limit: 0}}",
    "quantities": "hub: {resources: {requests: {cpu: 100m, memory: 512Mi}, limits: {cpu: 1, memory: 1e9}}}",
    "a disk in bytes": "singleuser: {storage: {capacity: 10737418240}}",
    "hosts": HTTPS % "hub.example.org, HUB2.example.org",
    "an environment": "singleuser: {extraEnv: {A: '4', B: {valueFrom: {fieldRef: {fieldPath: a}}}, C: null}}",
    "any host of an ingress": "ingress: {hosts: ['*.example.org'], tls: [{hosts: ['*.example.org'], secretName: a}]}",
    "hosts that nobody uses": "proxy: {https: {enabled: false, hosts: ['https://hub.example.org']}}",
    "an image with a port": "singleuser: {image: {name: 'localhost:5000/team/note-book_1', tag: v1.2}}",
    "an image by its digest": "singleuser: {image: {tag: 'v1@sha256:" + "0" * 64 + "'}}",
    "an image without a tag beside it": "singleuser: {image: {name: 'example.org/notebook:1', tag: ''}}",
    "a profile": PROFILE
    % (
        'image: "jhub.azurecr.io/notebook:3f9a41c", mem_limit: 16G, mem_guarantee: 15.5G, cpu_limit: 4, args: [-x], '
        'node_selector: {pool: "1"}, tolerations: [{key: a, operator: Equal, value: b, effect: NoSchedule}], '
        'extra_resource_limits: {nvidia.com/gpu: "1"}, environment: {A: b}, start_timeout: 900, default_url: /lab, '
        "cmd: null, uid: 1000, lifecycle_hooks: {}, volumes: {a: {name: b}}"
    ),
    "an image that people type": (
        "singleuser:\n  profileList:\n    - slug: own\n      profile_options:\n        image:\n"
        "          display_name: Image\n          unlisted_choice:\n            enabled: true\n"
        '            validation_regex: "^.+:.+$"\n            kubespawner_override: {image: "{value}"}\n'
    ),
    "options that go together": (
        "singleuser:\n  memory: {limit: 2G, guarantee: 1G}\n  profileList:\n    - display_name: A\n"
        "      profile_options:\n"
        "        least: {choices: {x: {kubespawner_override: {mem_guarantee: 8G}}}}\n"
        "        most: {choices: {z: {kubespawner_override: {mem_limit: 16G}}}}\n"
    ),
    "what no chart knows": "image: a b\nhosts: none\nresources: 1\nproxy: {https: on}\nhub: {config: [a]}\n",
    "what others read": (
        "custom: {image: {name: 'a:b', tag: c}, hosts: ['https://x'], memory: 16GB}\nhub:\n"
        "  extraConfig: {a: 'image = 1'}\n"
        "  config: {JupyterHub: {authenticator_class: azuread}, Authenticator: {admin_users: [a], allow_all: true}}\n"
        "  services: {resources: {url: 'http://a'}}\n  extraEnv: {image: 'A B', nodeSelector: '1'}\n"
    ),
    "a callback": LOGIN % "https://hub.example.org/hub/oauth_callback" + HTTPS % "hub.example.org, b.example.org",
    "a callback within the house": LOGIN % "http://hub.internal:8000/hub/oauth_callback",
    "a callback below a path": (LOGIN % "https://hub.example.org/teaching/hub/oauth_callback").replace(
        "hub:\n", "hub:\n  baseUrl: /teaching\n"
    ),
    # 29 of 204 values files of 2i2c-org/infrastructure have anchors.
    "values with an anchor": ANCHORS,
}
