"""Breaking changes that charts bring, each by a short name, with the hazard that tells of it or why none does.

One entry for each item under a heading of breaking changes, in the order of the changelog, for every version since what
the bot knows (chart 0.11) and those that its charts bring: Zero to JupyterHub (docs/source/changelog.md, 2026-08),
JupyterHub (docs/source/reference/changelog.md, 6.1.1), KubeSpawner (7.1.0) and OAuthenticator (17.4.0). `UNMARKED`
are changes that stand elsewhere: in upgrade guides, under other headings, in values.yaml.
"""

OLDER = "before chart 0.11, the oldest that the bot knows; what charts refuse of it since is an old form"
PYTHON = "a requirement of the hub's image, which the chart brings"
CODE = "concerns code that uses the package, which is no value of the chart"

# An entry has hazards by their keys (a tuple), or a reason (a text).
BREAKING = {
    ("z2jh", "0.7.0"): {"names of pods and claims": OLDER, "storage class needed": OLDER, "token.proxy": OLDER},
    ("z2jh", "0.8.0"): {"auth.github.org_whitelist": OLDER},
    ("z2jh", "0.10.0"): {
        "names of named servers' claims": OLDER,
        "proxy.https.enabled": OLDER,
        "pull secrets for the whole chart": ("old-forms",),
        "network policies by default": OLDER,
        "proxy.networkPolicy": ("old-forms",),
        "proxy.containerSecurityContext": ("old-forms",),
        "hub-config and hub-secret are one": ("existing-secret",),
    },
    ("z2jh", "0.11.0"): {
        "auth moves": ("old-forms", "unclear"),
        "no disruption budget by default": "concerns nodes that are drained: a restart, as at any deployment",
    },
    ("z2jh", "1.0.0"): {
        "Kubernetes and helm": ("kubernetes",),
        "schema": ("schema",),
        "renamed values": ("old-forms", "unclear"),
        "no requests by default": ("requests-unset",),
        "claims deleted with users": ("homes-deleted-with-users",),
        "existingSecret": ("existing-secret",),
        "statsd of the proxy": "needs the proxy's own command line, which the chart did not offer for it",
    },
    ("z2jh", "1.1.0"): {"keys of services' tokens": ("service-keys",)},
    ("z2jh", "2.0.0"): {
        "egress rules": ("egress",),
        "JupyterHub 3": ("database", "image"),
        "JupyterLab by default": ("lab-by-default",),
        "jupyterhub_config.d wins": ("extra-config-wins",),
        "plugins of the user scheduler": ("scheduler-plugins",),
        "Kubernetes 1.20": ("kubernetes",),
        "hub.fsGid": ("old-forms",),
        "the hub's image is Debian's": ("hub-image",),
        "rbac.enabled": ("old-forms",),
    },
    ("z2jh", "3.0.0"): {
        "Kubernetes 1.23": ("kubernetes",),
        "Python 3.11": PYTHON,
        "JupyterHub 4": ("database", "image"),
        "KubeSpawner 6": ("braces", "profiles-merge"),
        "OAuthenticator 16": ("nobody-allowed", "admins-alone", "added-by-hand"),
        "TmpAuthenticator 1": "it lets everybody in, before and after",
        "DNS is allowed by default": "widens to name servers alone; where that contradicts, the chart refuses",
    },
    ("z2jh", "4.0.0"): {
        "Kubernetes 1.28": ("kubernetes",),
        "Python 3.12": PYTHON,
        "KubeSpawner 7": ("names-of-homes", "names-of-homes-anew", "names-of-named-servers", "servers-run"),
        "JupyterHub 5": ("database", "image", "nobody-allowed", "own-pages"),
        "OAuthenticator 17": ("groups-unmanaged", "azuread-groups"),
        "LDAPAuthenticator 2": ("ldap",),
    },
    ("jupyterhub", "3.0.0"): {"Python 3.7": PYTHON, "Authenticator.db": CODE},
    ("jupyterhub", "3.1.0"): {"extra_handlers deprecated": CODE},
    ("jupyterhub", "4.0.0"): {"SQLAlchemy 1.4": CODE, "XSRF tokens": CODE},
    ("jupyterhub", "5.0.0"): {
        "jupyter-events": CODE,
        "Bootstrap 5": ("own-pages",),
        "groups in the auth model": CODE,
        "subdomain_hook": "only names of hosts of subdomains change, which the chart does not make",
        "token in the URL": "concerns links with a token in them, which are no value of the chart",
    },
    ("jupyterhub", "6.0.0"): {
        "opt- in links": ("spawn-options",),
        "tornado 6.5": PYTHON,
        "aiohttp": "internal; the hub's own documents expect nothing to be noticed",
        "statsd": ("statsd",),
        "names of named servers": ("server-names", "autorename"),
        "Python 3.10": ("image",),
    },
    ("kubespawner", "0.13.0"): {"events as mappings": OLDER, "progress as mappings": OLDER},
    ("kubespawner", "1.0.0"): {"claims deleted with servers": ("homes-deleted-with-users",)},
    ("kubespawner", "2.0.0"): {},
    ("kubespawner", "3.0.0"): {
        "Python 3.6": PYTHON,
        "k8s_api_threadpool_workers": "ignored since, with a line in the hub's log",
        "kubernetes_asyncio": CODE,
        "methods are private": CODE,
    },
    ("kubespawner", "4.0.0"): {
        "Kubernetes 1.20": ("kubernetes",),
        "KubeIngressProxy": "the chart brings its own proxy",
    },
    ("kubespawner", "5.0.0"): {
        "Kubernetes 1.23": ("kubernetes",),
        "braces": ("braces",),
        "profiles merge": ("profiles-merge",),
        "label servername": "the bot finds servers by annotations; selectors of others are no value of the chart",
    },
    ("kubespawner", "6.0.0"): {"Kubernetes 1.24": ("kubernetes",), "JupyterHub 4": PYTHON},
    ("kubespawner", "7.0.0"): {"slug_scheme": ("names-of-homes",)},
    ("oauthenticator", "15.0.0"): {"CILogon": ("cilogon-settings", "cilogon-providers"), "pyjwt": PYTHON},
    ("oauthenticator", "16.0.0"): {
        "Python 3.8": PYTHON,
        "nobody by default": ("nobody-allowed", "admins-alone"),
        "any rule lets in": "widens to what the values name themselves",
        "existing users": ("added-by-hand",),
        "admin_google_groups": ("google-admins",),
        "sets instead of lists": CODE,
        "google_groups is a set": "taken back in 16.0.6, which charts brought from 3.0.2 on",
        "CILogon": ("cilogon-providers", "cilogon-settings"),
        "Okpy": CODE,
        "OpenShift's ca_certs": "the default stays; whoever set another is told by the hub, which does not start",
        "basic_auth": ("basic-auth",),
    },
    ("oauthenticator", "17.0.0"): {"groups need manage_groups": ("groups-unmanaged",)},
    ("oauthenticator", "17.4.0"): {"Python 3.10": PYTHON, "allowed_idps is idps": "the old name still works"},
}
UNMARKED = {
    ("z2jh", "2.0.0"): {
        "private addresses": ("private-egress",),
        "no privilege escalation": ("sudo",),
        "admin_access": ("admin-access",),
        "tokens by scopes": ("service-roles",),
    },
    ("z2jh", "3.0.0"): {"metadata server": ("metadata-server",)},
    ("z2jh", "3.1.0"): {"servers that the hub forgot": ("orphaned-pods",)},
    ("z2jh", "3.2.0"): {"images from quay.io": ("images-from-quay",)},
    ("z2jh", "4.0.0"): {"Traefik 3": ("traefik",)},
    ("jupyterhub", "6.0.0"): {"start:servers": ("start-scope",)},
}
# Of the upgrade itself.
OF_OUR_OWN = {"downgrade", "record", "several-majors", "unknown-major"}
