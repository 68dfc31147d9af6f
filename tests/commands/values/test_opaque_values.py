"""What may hold anything is hidden wherever it stands, with how much it is; what is revealed holds no secret still."""

import pytest

from commands.text.redaction import Redactor
from commands.values.diff import NOT_SET, Showing, value_differences
from commands.values.display import as_lines, hidden
from commands.values.opaque_values import Area, opaque_area
from commands.values.secrets import secret_paths, secrets_among

ANY = "nothing-tells-what-this-is"


@pytest.mark.parametrize(
    ("path", "its"),
    [
        ("hub.extraEnv.SMTP_HOST", Area.ENVIRONMENT),
        ("singleuser.extraEnv", Area.ENVIRONMENT),
        ("hub.config.KubeSpawner.environment.X", Area.ENVIRONMENT),
        ("hub.services.mail.environment.X", Area.ENVIRONMENT),
        ("singleuser.extraFiles.notes.stringData", Area.FILES),
        ("hub.extraConfig.10-login", Area.CODE),
        ("proxy.traefik.extraStaticConfig.log", Area.CODE),
        ("hub.config.KubeSpawner.extra_pod_config.x", Area.CODE),
        ("hub.config.Authenticator.post_auth_hook", Area.CODE),
        ("hub.command", Area.COMMANDS),
        ("hub.args", Area.COMMANDS),
        ("singleuser.cmd", Area.COMMANDS),
        ("singleuser.lifecycleHooks.postStart.exec.command", Area.COMMANDS),
        ("singleuser.initContainers", Area.COMMANDS),
        ("singleuser.extraContainers", Area.COMMANDS),
        ("proxy.chp.extraCommandLineFlags", Area.COMMANDS),
        ("hub.services.mail.command", Area.COMMANDS),
        ("hub.annotations.x", Area.ANNOTATIONS),
        ("singleuser.extraAnnotations.x", Area.ANNOTATIONS),
        ("hub.config.KubeSpawner.extra_annotations.x", Area.ANNOTATIONS),
        ("singleuser.image.tag", None),
        ("singleuser.profileList", None),
        ("singleuser.memory.limit", None),
        ("prePuller.hook.enabled", None),
        ("hub.config.JupyterHub.authenticator_class", None),
        # People's own names mean nothing: not these, and not those that look like a secret's.
        ("hub.services.files.url", None),
        ("hub.loadRoles.commands.scopes", None),
    ],
)
def test_what_a_path_leads_into(path, its):
    assert opaque_area(path.split(".")) is its


VALUES = {
    "hub": {
        "extraEnv": {"SMTP_HOST": ANY, "FROM": {"valueFrom": {"x": ANY}}, "EMPTY": ""},
        "extraConfig": {"10-login": f"a\nb\n{ANY}", "00-token": f"run('{ANY}')"},
        "args": [ANY, ANY],
        "config": {"KubeSpawner": {"environment": {"A": ANY}, "start_timeout": 30}},
    },
    "singleuser": {
        "extraEnv": [{"name": "ONE", "value": ANY}],
        "extraFiles": {"notes": {"mountPath": "/x", "stringData": ANY}},
        "lifecycleHooks": {"postStart": {"exec": {"command": ["sh", "-c", ANY]}}},
        "initContainers": [{"name": "first", "image": "busybox", "args": [ANY]}],
        "profileList": [{"display_name": "Small", "kubespawner_override": {"environment": {"A": ANY}}}],
        "extraAnnotations": {"example.org/note": ANY},
        "cmd": None,
    },
}


def test_names_and_lengths_are_shown_and_nothing_else():
    lines = as_lines(hidden(VALUES), Redactor())
    shown = "\n".join(lines)
    assert ANY not in shown
    for line in (
        "    SMTP_HOST: [hidden]",
        "    FROM: [hidden: 1 setting]",
        "    EMPTY: ''",
        "    10-login: [hidden: 3 lines]",
        "  args: [hidden: 2 items]",
        "        A: [hidden]",
        "      start_timeout: 30",
        "    - name: ONE",
        "      value: [hidden]",
        "    notes: [hidden: 2 settings]",
        "    postStart: [hidden: 1 setting]",
        "    - name: first",
        "      args: [hidden: 1 item]",
        "    - display_name: Small",
        "    example.org/note: [hidden]",
        "  cmd: null",
    ):
        assert line in lines, shown


@pytest.mark.parametrize(
    "path",
    [
        ("hub",),
        ("hub", "extraEnv"),
        ("hub", "extraEnv", "SMTP_HOST"),
        ("hub", "extraConfig", "10-login"),
        ("singleuser", "lifecycleHooks", "postStart", "exec", "command", 2),
        ("singleuser", "extraEnv", 0, "value"),
        ("singleuser", "initContainers", 0),
        ("singleuser", "profileList", 0, "kubespawner_override", "environment", "A"),
    ],
    ids=str,
)
def test_a_path_into_it_shows_no_more(path):
    value = VALUES
    for one in path:
        value = value[one]
    assert ANY not in str(hidden(value, path))
    assert ANY in str(hidden(value, path, reveal=True))


def test_what_is_revealed_is_code_under_any_name_and_holds_no_secret():
    code = "c.Some.client_secret = 'hunter2'\nsend(1)"
    made = hidden({"hub": {"extraConfig": {"00-exfiltrate-token": code, "one-auth": "send(2)"}}}, reveal=True)
    shown = "\n".join(as_lines(made, Redactor()))
    assert "send(1)" in shown
    assert "one-auth: send(2)" in shown
    assert "hunter2" not in shown


def changes(before, after, **showing):
    return {one.path: (one.before, one.after) for one in value_differences(before, after, showing=Showing(**showing))}


def test_differences_tell_how_much_changes():
    before = {"hub": {"extraConfig": {"a": "1\n2", "gone": "x"}, "extraEnv": {"A": ANY}, "args": [ANY]}}
    after = {"hub": {"extraConfig": {"a": "1\n2\n3"}, "extraEnv": {"A": "other"}, "args": [ANY, ANY], "command": [ANY]}}
    assert changes(before, after) == {
        "hub.args": ("hidden: 1 item", "changed, hidden: 2 items"),
        "hub.command": (NOT_SET, "set, hidden: 1 item"),
        "hub.extraConfig.a": ("hidden: 2 lines", "changed, hidden: 3 lines"),
        "hub.extraConfig.gone": ("hidden", NOT_SET),
        "hub.extraEnv.A": ("hidden", "changed, hidden"),
    }


def test_in_a_list_that_is_shown_what_may_hold_anything_is_hidden():
    after = {"singleuser": {"profileList": VALUES["singleuser"]["profileList"]}}
    ((_, shown),) = changes({}, after).values()
    assert "Small" in shown
    assert ANY not in shown


def test_the_charts_own_are_hidden_as_well():
    chart = {"hub": {"args": [ANY]}}
    found = value_differences({}, {"hub": {"args": ["x"]}}, (chart, chart))
    assert ANY not in repr(found)


def test_what_was_typed_is_shown_to_those_who_decide_and_what_stood_there_is_not():
    before, after = {"hub": {"extraConfig": {"a": ANY}}}, {"hub": {"extraConfig": {"a": "x" * 300, "b": "other"}}}
    assert changes(before, after, typed=("hub", "extraConfig", "a")) == {
        "hub.extraConfig.a": ("hidden", "x" * 300),
        "hub.extraConfig.b": (NOT_SET, "set, hidden"),
    }


@pytest.mark.parametrize("name", ["00-exfiltrate-token", "auth", "my-secret", "keys", "tokens"])
@pytest.mark.parametrize("holder", ["extraConfig", "extraFiles", "loadRoles", "extraAnnotations"])
def test_what_people_named_is_no_secret_by_its_name(holder, name):
    values = {"hub": {holder: {name: ANY}}}
    assert not secret_paths(values)
    assert not secrets_among(values)


def test_a_variable_is_a_secret_by_its_name():
    for name in ("SMTP_PASS", "API_TOKEN", "SLACK_WEBHOOK", "SLACK_WEBHOOK_URL", "GITHUB_PAT", "SENTRY_DSN"):
        assert secrets_among({"hub": {"extraEnv": {name: ANY}}}) == {ANY}
