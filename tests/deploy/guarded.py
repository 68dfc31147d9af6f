"""A cluster's API with roles that hold: each request is weighed as RBAC of Kubernetes 1.32 does, and remembered.

Only what the bot's account meets is there: rules by group, resource and name, bindings to a service account, and that
nobody writes a role, or binds one, that has more than he has himself unless he may "escalate" or "bind" it.
"""

import json
import re

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import ALL, CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING

RBAC = "rbac.authorization.k8s.io"
_PATH = re.compile(
    r"/(?:api/v1|apis/(?P<group>[^/]+)/v\d\w*)(?:/namespaces/(?P<ns>[^/]+)(?=/))?/(?P<resource>\w+)"
    r"(?:/(?P<name>[^/]+)(?:/(?P<below>\w+))?)?/?"
)
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
# Everybody with a token may ask these: system:discovery, system:basic-user.
_OPEN = ("authorization.k8s.io", "authentication.k8s.io")


class Guard:
    """What one service account may, in one cluster. `used` has (verb, resource, group, namespace) of what it did."""

    def __init__(self, store, namespace, account):
        self.store = store
        self.who = (namespace, account)
        self.used = set()
        self.refused = []
        # Whether lists are streamed (WatchList): where not, who watches lists before.
        self.streams = True

    @web.middleware
    async def middleware(self, request, handler):
        asked = _PATH.fullmatch(request.path)
        if request.path.endswith("/selfsubjectaccessreviews"):
            return await self._review(request)
        if asked is None or asked["group"] in _OPEN:
            return await handler(request)
        if not self.streams and request.query.get("sendInitialEvents"):
            return _not_streamed()
        verb = self._verb(request, asked)
        group, namespace, name = asked["group"] or "", asked["ns"] or "", asked["name"] or ""
        resource = f"{asked['resource']}/{asked['below']}" if asked["below"] else asked["resource"]
        # Who applies what is not there yet creates it, and has to be allowed to.
        anew = verb == "patch" and not self._is_there(group, asked["resource"], namespace, name)
        for one in (verb, *(["create"] if anew else [])):
            if not self.may(one, group, resource, namespace, name) or await self._rises(one, request, asked):
                self.refused.append((one, resource, group, namespace, name))
                return _forbidden(one, resource, group, namespace, name)
            self.used.add((one, resource, group, namespace))
        return await handler(request)

    def _is_there(self, group, plural, namespace, name):
        (kind,) = (one for one in ALL if (one.group, one.plural) == (group, plural))
        return self.store.find(kind, namespace or None, name) is not None

    async def _review(self, request):
        review = await request.json()
        if path := review["spec"].get("nonResourceAttributes"):
            allowed = any(_is_path(rule, path["verb"], path["path"]) for rule in self.rules(""))
            return web.json_response(review | {"status": {"allowed": allowed}}, status=201)
        wanted = review["spec"]["resourceAttributes"]
        resource = "/".join(part for part in (wanted["resource"], wanted.get("subresource")) if part)
        allowed = self.may(
            wanted["verb"], wanted.get("group", ""), resource, wanted.get("namespace", ""), wanted.get("name", "")
        )
        return web.json_response(review | {"status": {"allowed": allowed}}, status=201)

    def may(self, verb, group, resource, namespace, name=""):
        return any(_matches(rule, verb, group, resource, name) for rule in self.rules(namespace))

    def rules(self, namespace):
        """The rules that count in a namespace; those of the whole cluster alone where it is empty."""
        found = [(one, "") for one in self.store.list(CLUSTER_ROLE_BINDING)]
        found += [(one, namespace) for one in self.store.list(ROLE_BINDING, namespace)] if namespace else []
        for binding, where in found:
            subjects = [(one.get("namespace", where), one["name"]) for one in binding.get("subjects", ())]
            if self.who in subjects:
                yield from self._role(binding["roleRef"], where).get("rules") or ()

    def _role(self, reference, namespace):
        kind, where = (ROLE, namespace) if reference["kind"] == "Role" else (CLUSTER_ROLE, None)
        return self.store.find(kind, where, reference["name"]) or {}

    def _verb(self, request, asked):
        if request.method != "GET":
            return _VERBS[request.method]
        if asked["name"]:
            return "get"
        return "watch" if request.query.get("watch") in ("true", "1") else "list"

    async def _rises(self, verb, request, asked):
        """Whether it would give somebody what this account has not."""
        if asked["group"] != RBAC or verb not in ("create", "update", "patch"):
            return False
        body, namespace = json.loads(await request.read()), asked["ns"] or ""
        name = asked["name"] or body["metadata"]["name"]
        if asked["resource"] in ("roles", "clusterroles"):
            allowed = self.may("escalate", RBAC, asked["resource"], namespace, asked["name"] or "")
            kept = self.store.find(ROLE if namespace else CLUSTER_ROLE, namespace or None, name) or {}
            given = [*(kept.get("rules") or ()), *(body.get("rules") or ())]
        else:
            kept = self.store.find(ROLE_BINDING if namespace else CLUSTER_ROLE_BINDING, namespace or None, name) or {}
            reference = body.get("roleRef") or kept["roleRef"]
            resource = "roles" if reference["kind"] == "Role" else "clusterroles"
            allowed = self.may("bind", RBAC, resource, namespace, reference["name"])
            given = self._role(reference, namespace).get("rules") or ()
        return not allowed and not all(self._covers(rule, namespace) for rule in given)

    def _covers(self, rule, namespace):
        if paths := rule.get("nonResourceURLs"):
            return all(
                any(_is_path(own, verb, path) for own in self.rules("")) for verb in rule["verbs"] for path in paths
            )
        return all(
            self.may(verb, group, resource, namespace, name)
            for verb in rule["verbs"]
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            for name in rule.get("resourceNames") or [""]
        )


def _matches(rule, verb, group, resource, name):
    names = rule.get("resourceNames")
    return (
        verb in rule["verbs"]
        and group in rule.get("apiGroups", ())
        and resource in rule.get("resources", ())
        and (not names or name in names)
    )


def _is_path(rule, verb, path):
    return verb in rule["verbs"] and path in rule.get("nonResourceURLs", ())


def _not_streamed():
    message = "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless WatchList is enabled"
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid", "code": 422}
    return web.json_response(status | {"message": message}, status=422)


def _forbidden(verb, resource, group, namespace, name):
    what = f"{resource}{'.' + group if group else ''} {f'{name!r} ' if name else ''}is forbidden: cannot {verb}"
    message = f"{what} in the namespace {namespace!r}" if namespace else what
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403}
    return web.json_response(status | {"message": message, "metadata": {}}, status=403)
