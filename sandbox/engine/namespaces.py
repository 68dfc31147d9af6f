"""A namespace gets its service account and authority when it comes, and is emptied before it goes."""

from contextlib import suppress

from sandbox.engine.context import Context, is_ending
from sandbox.kube.errors import ApiError
from sandbox.kube.resources import ALL, CONFIG_MAP, NAMESPACE, SERVICE_ACCOUNT, Json


def reconcile(context: Context, namespace: Json) -> None:
    """Furnish or empty it."""
    if is_ending(namespace):
        _empty(context, namespace)
    else:
        _furnish(context, namespace["metadata"]["name"])


def _furnish(context: Context, name: str) -> None:
    if context.store.find(SERVICE_ACCOUNT, name, "default") is None:
        context.store.create(SERVICE_ACCOUNT, name, {"metadata": {"name": "default"}})
    if context.store.find(CONFIG_MAP, name, "kube-root-ca.crt") is None:
        data = {"ca.crt": "the sandbox serves plain HTTP\n"}
        context.store.create(CONFIG_MAP, name, {"metadata": {"name": "kube-root-ca.crt"}, "data": data})


def _empty(context: Context, namespace: Json) -> None:
    name = namespace["metadata"]["name"]
    left = False
    for kind in ALL:
        if not kind.namespaced:
            continue
        for obj in tuple(context.store.list(kind, name)):
            left = True
            if not is_ending(obj):
                with suppress(ApiError):
                    context.store.delete(kind, name, obj["metadata"]["name"])
    if not left:
        context.store.remove(NAMESPACE, None, name)
