"""How the image of a container comes to the pod's node, or why it does not.

The messages are kubelet's and containerd's (Kubernetes 1.32, containerd 1.7).
"""

from sandbox.engine.context import Context, key_of
from sandbox.engine.statuses import show_waiting
from sandbox.kube.resources import POD, Json

_REFUSED_SECONDS = 1.0
# So long is a failure shown as such, before it is waiting for the next try.
_SHOWN_SECONDS = 1.0
# kubelet's back-off for pulls: 10 s, doubled up to five minutes.
_BACKOFF = 10.0
_LONGEST_BACKOFF = 300.0


def pull(context: Context, pod: Json, container: Json, *, init: bool) -> bool:
    """Whether the container's image is on the node; if not, what happens meanwhile is shown."""
    name, image, node = container["name"], container["image"], pod["spec"]["nodeName"]
    if context.noted(pod, f"pulled {name}") is not None:
        return True
    since = context.noted(pod, f"pull {name}")
    if since is None and context.images.cached(node, image) and container.get("imagePullPolicy") != "Always":
        _have(context, pod, name, f'Container image "{image}" already present on machine')
        return True
    if since is None:
        _begin(context, pod, container, init=init)
        return False
    left = _pull_seconds(context, image) - since
    if left > 0:
        context.later(key_of(POD, pod), left)
        return False
    if not context.images.exists(image):
        _fail(context, pod, container, since, init=init)
        return False
    context.images.remember(node, image)
    took = context.images.pull_seconds_for(image)
    _have(context, pod, name, f'Successfully pulled image "{image}" in {took:.3g}s ({took:.3g}s including waiting)')
    return True


def forget(context: Context, pod: Json, container: Json) -> None:
    """Let the image be looked for again at the container's next start."""
    context.unnote(pod, f"pull {container['name']}")
    context.unnote(pod, f"pulled {container['name']}")


def _have(context: Context, pod: Json, container: str, message: str) -> None:
    context.note(pod, f"pulled {container}")
    context.events.record(pod, "Normal", "Pulled", message, "kubelet")


def _begin(context: Context, pod: Json, container: Json, *, init: bool) -> None:
    context.note(pod, f"pull {container['name']}")
    _say_pulling(context, pod, container)
    context.later(key_of(POD, pod), _pull_seconds(context, container["image"]))
    show_waiting(context, pod, container, "PodInitializing" if init else "ContainerCreating", init=init)


def _say_pulling(context: Context, pod: Json, container: Json) -> None:
    context.events.record(pod, "Normal", "Pulling", f'Pulling image "{container["image"]}"', "kubelet")


def _pull_seconds(context: Context, image: str) -> float:
    # A registry says at once that it has no such tag.
    return context.images.pull_seconds_for(image) if context.images.exists(image) else _REFUSED_SECONDS


def _fail(context: Context, pod: Json, container: Json, since: float, *, init: bool) -> None:
    """Alternate between the failure and waiting for the next try, ever longer, as kubelet does."""
    image = container["image"]
    told = f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": {image}: not found'
    failure = f"rpc error: code = NotFound desc = {told}"
    number, until_next = _round(since - _REFUSED_SECONDS)
    what = f"failure {number} of {container['name']}"
    shown = context.noted(pod, what)
    if shown is None:
        context.note(pod, what)
        if number:
            _say_pulling(context, pod, container)
        context.events.record(pod, "Warning", "Failed", f'Failed to pull image "{image}": {failure}', "kubelet")
        context.events.record(pod, "Warning", "Failed", "Error: ErrImagePull", "kubelet")
        show_waiting(context, pod, container, "ErrImagePull", failure, init=init)
    if (shown or 0.0) < _SHOWN_SECONDS:
        context.later(key_of(POD, pod), _SHOWN_SECONDS - (shown or 0.0))
        return
    _back_off(context, pod, container, failure, init=init)
    context.later(key_of(POD, pod), until_next)


def _back_off(context: Context, pod: Json, container: Json, failure: str, *, init: bool) -> None:
    image = container["image"]
    context.events.record(pod, "Normal", "BackOff", f'Back-off pulling image "{image}"', "kubelet")
    context.events.record(pod, "Warning", "Failed", "Error: ImagePullBackOff", "kubelet")
    message = f'Back-off pulling image "{image}": ErrImagePull: {failure}'
    show_waiting(context, pod, container, "ImagePullBackOff", message, init=init)


def _round(passed: float) -> tuple[int, float]:
    """Which try of a pull it is after so many seconds, and how long until the next."""
    number, wait = 0, _BACKOFF
    while passed >= wait:
        passed -= wait
        number, wait = number + 1, min(2 * wait, _LONGEST_BACKOFF)
    return number, wait - passed
