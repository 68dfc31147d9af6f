"""Values that helm takes, and that break starts, logins or the certificate: told by `validate`, `set` and each plan.

Each input stands for a kind that people reported; its source is named beside it.
"""

import math

import pytest
from jupyterhub.app import JupyterHub
from jupyterhub.auth import Authenticator
from jupyterhub.spawner import LocalProcessSpawner, Spawner
from traitlets import TraitError

from cards.views import Tone
from clients.errors import Rejected
from clients.helm import ChartFiles, Rendered
from clients.values import parse
from commands.config import set as config_set
from commands.config import validate as config_validate
from commands.config.arguments import NewValue, SettablePath
from commands.framework.errors import UserError
from commands.rollout import deploy
from commands.text.redaction import Redactor
from commands.values import formats as value_grammar
from commands.values import trait_types as value_traits
from commands.values.display import as_lines
from commands.values.type_checks import malformed
from tests.commands.manifests import Hub
from tests.commands.outside import Home, World, release, words

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


def found(text):
    return malformed(parse(text).values, DEFAULTS)


@pytest.mark.parametrize(("text", "path", "why"), BROKEN.values(), ids=BROKEN)
def test_a_value_that_breaks_something_is_told_with_its_path(text, path, why):
    [one] = found(text)
    assert one.path == path
    assert why in one.why
    assert one.breaks


@pytest.mark.parametrize("text", UNLIKELY.values(), ids=UNLIKELY)
def test_a_callback_to_which_no_login_returns_is_told(text):
    [one] = found(text)
    assert (one.path, one.breaks) == (CALLBACK, False)
    assert one.why.endswith("hub/oauth_callback, or nobody can log in")
    assert "must be https://" in one.why


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_values_that_are_well_are_left_alone(text):
    assert found(text) == ()


def test_an_old_charts_callback_is_told():
    [one] = found("auth: {azuread: {callbackUrl: 'https://hub.example.org/hub/callback'}}")
    assert (one.path, one.breaks) == ("auth.azuread.callbackUrl", False)
    assert found("auth: {azuread: {callbackUrl: 'https://hub.example.org/hub/oauth_callback'}}") == ()


def test_nothing_that_is_said_repeats_what_stands_there():
    said = "".join(map(str, found(HTTPS % '"hunter2 hunter3"' + PROFILE % "mem_limit: hunter4")))
    assert said
    assert "hunter" not in said


# The commands


def world(text="", live=None):
    values = {"singleuser": {"image": {"name": "jhub.azurecr.io/notebook", "tag": "3f9a41c"}}}
    before = release(3, manifest=Hub().live)
    before = type(before)(**{**vars(before), "values": live if live is not None else values, "defaults": DEFAULTS})
    made = World(
        releases=[before],
        charts={"4.4.0": ChartFiles("4.4.0", "5.5.0", DEFAULTS, {"type": "object"})},
        renders=lambda *, version, **_: Rendered("jupyterhub", version, "5.5.0", Hub().text, "", DEFAULTS),
    )
    made.home = Home(made, dict(parse(text).values), text=text)
    return made


@pytest.mark.parametrize(("text", "path", "why"), BROKEN.values(), ids=BROKEN)
async def test_validate_says_it_with_its_line(text, path, why):
    view = await config_validate.run(config_validate.Args(), world(text).reads)
    [row] = view.sections[0].rows
    assert view.title == "The values have one mistake: helm, Kubernetes or the hub would refuse them"
    assert row[0].text.isdecimal()
    assert (row[1].text, why in row[2].text) == (path, True)


async def test_validate_says_of_a_callback_what_it_breaks():
    view = await config_validate.run(config_validate.Args(), world(UNLIKELY["z2jh #1281"]).reads)
    assert (view.title, view.tone) == ("The values have one mistake: people could not log in", Tone.BAD)
    assert "must be https://HOST/hub/oauth_callback, or nobody can log in" in words(view)


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
async def test_validate_has_no_false_alarm(text):
    assert (await config_validate.run(config_validate.Args(), world(text).reads)).tone is Tone.GOOD


@pytest.mark.parametrize("name", ["jupyterhub #3756", "z2jh #2551", "2i2c-org/infrastructure #3721"])
async def test_what_is_certain_to_break_is_not_deployed(name):
    text, path, why = BROKEN[name]
    with pytest.raises(UserError) as error:
        await deploy.plan(deploy.Args(), world(text).reads)
    assert str(error.value).startswith(f"{path} {why}")
    shown = deploy.preview(await deploy.plan(deploy.Args(dry_run=True), world(text).reads))
    assert any(line.startswith(f"{path} {why}") for line in shown.warnings)


async def test_what_is_broken_already_is_a_warning_and_stops_no_other_change():
    text, path, why = BROKEN["2i2c-org/infrastructure #3721, guarantee above limit"]
    live = parse(text).values
    shown = deploy.preview(await deploy.plan(deploy.Args(), world(f"{text}\ncull: {{every: 300}}\n", live).reads))
    assert any(line.startswith(f"{path} {why}") for line in shown.warnings)


async def test_a_doubtful_callback_is_a_warning_of_the_plan():
    shown = deploy.preview(await deploy.plan(deploy.Args(), world(UNLIKELY["z2jh #1281"]).reads))
    assert any(f"{CALLBACK} must be https://HOST/hub/oauth_callback" in line for line in shown.warnings)


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("proxy.https", "{enabled: true, hosts: ['https://hub.example.org']}", "remove “https://”"),
        ("singleuser.image.name", "jhub.azurecr.io/notebook:latest", "has a tag in it"),
        ("singleuser.memory.guarantee", "8G", "is above singleuser.memory.limit"),
        ("singleuser.profileList", "[{display_name: A, kubespawner_override: {mem_limit: 16GB}}]", BYTES),
    ],
)
async def test_a_value_that_breaks_something_is_not_set(path, value, why):
    args = config_set.Args(SettablePath.parse(path), NewValue.parse(value))
    with pytest.raises(UserError, match="The hub does not accept this") as error:
        await config_set.plan(args, world("singleuser: {memory: {limit: 4G}}").reads)
    assert why in str(error.value)


async def test_a_value_that_others_repeat_is_refused_before_anybody_agrees_with_what_to_type():
    path = "singleuser.profileList[1].profile_options.image.display_name"
    with pytest.raises(UserError) as error:
        await config_set.plan(
            config_set.Args(SettablePath.parse(path), NewValue.parse("Environment")), world(ANCHORS).reads
        )
    assert str(error.value) == (
        "The bot cannot make this change in the values' file. singleuser.profileList[1].profile_options (line 12) "
        "repeats what begins in line 5 (“*”): both would change. Change the file by hand. "
        'What to write: “display_name: "Environment"”.'
    )


async def test_a_value_beside_an_anchor_is_set():
    path = SettablePath.parse("singleuser.profileList[1].kubespawner_override.mem_limit")
    plan = await config_set.plan(config_set.Args(path, NewValue.parse("32G")), world(ANCHORS).reads)
    assert plan.change.after == "32G"


async def test_a_number_for_an_environment_is_set_as_a_text():
    path = SettablePath.parse("singleuser.extraEnv.OMP_NUM_THREADS")
    plan = await config_set.plan(config_set.Args(path, NewValue.parse("4")), world("cull: {every: 300}").reads)
    assert plan.change.after == "4"


async def test_code_under_a_name_like_a_secrets_is_no_secret():
    # 2i2c utoronto's common-canvas values.
    code = "def hook(authenticator, auth_state):\n          return auth_state\n"
    text = f"hub:\n  extraConfig:\n    00-refresh-token: |\n      {code}"
    assert (await config_validate.run(config_validate.Args(), world(text).reads)).tone is Tone.GOOD


async def test_a_text_is_shown_so_that_helm_would_read_it_as_one():
    texts = {"a": "n", "b": "08", "c": "1e3", "d": "plain", "e": "yes", "f": 8}
    assert as_lines(texts, Redactor()) == ["a: 'n'", "b: '08'", "c: '1e3'", "d: plain", "e: 'yes'", "f: 8"]


@pytest.mark.parametrize(("typed", "after"), [("n", False), ("08", 8), ("'n'", "n"), ("0o17", 15), ("1e3", 1000)])
async def test_what_is_typed_means_what_helm_would_read(typed, after):
    args = config_set.Args(SettablePath.parse("custom.flag"), NewValue.parse(typed))
    plan = await config_set.plan(args, world("custom: {flag: x}").reads)
    assert plan.change.after == after
    assert type(plan.change.after) is type(after)


# The readers themselves


SAMPLES = (1, 0.5, "1", "8G", "text", [], ["a"], {}, {"a": "b"})


@pytest.mark.parametrize(
    ("holder", "table"),
    [
        (Spawner, value_traits.TRAITS),
        (JupyterHub, value_traits.OF_HUB),
        (Authenticator, value_traits.OF_AUTHENTICATOR),
    ],
)
def test_kinds_are_those_of_jupyterhubs_own_traits(holder, table):
    known = {name: trait for name, trait in holder.class_traits().items() if name in table}
    assert len(known) > 4
    owner = LocalProcessSpawner() if holder is Spawner else holder()
    for name, trait in known.items():
        for value in SAMPLES:
            try:
                trait._validate(owner, value)
                taken = True
            except (TraitError, TypeError):
                taken = False
            assert (table[name](value) == "") is taken, (name, value)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        *(("1", 1), ("1.5", 1.5), (".5", 0.5), ("5.", 5), ("100m", 0.1), ("1Ki", 1024), ("1k", 1000), ("2Gi", 2**31)),
        *(
            ("1e3", 1000),
            ("1E3", 1000),
            ("1E", 1e18),
            ("1e999", math.inf),
            ("1Ei", 2**60),
            ("+1", 1),
            ("5n", 5e-9),
            (3, 3),
            (0.5, 0.5),
        ),
        *(
            (text, None)
            for text in ("", "1K", "1GB", "1gi", "1 Gi", "Gi", "1KiB", "one", "1e", "--1", "1,5", True, None)
        ),
    ],
)
def test_quantities_are_kubernetes_own(written, amount):
    assert value_grammar.quantity(written) == pytest.approx(amount)


def test_long_texts_take_no_long_time():
    for check in (value_grammar.image, value_grammar.size, value_grammar.mail, value_grammar.url):
        assert check("a-" * 50_000 + "!")
    assert value_grammar.host("a-" * 50_000 + "!", wildcard=True)
    with pytest.raises(Rejected):
        parse("a: [")
