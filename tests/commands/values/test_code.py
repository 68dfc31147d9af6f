"""Code in values is shown whatever its name is, what looks like a secret is hidden in it: both dangers, as a table."""

import pytest
import yaml

from clients.values import ValueChange
from commands.text.redaction import Redactor
from commands.values.base import sets_secret, with_release_secrets
from commands.values.code import is_code
from commands.values.code_changes import code_changes, code_sections, rows, secrets_in_code, with_code
from commands.values.code_redaction import shown_code
from commands.values.diff import value_differences
from commands.values.secrets import secret_paths, secrets_among

HOOK = "def hook(authenticator, auth_state):\n    return auth_state\n"
SCRIPT = "#!/bin/sh\nset -e\necho hello\n"
TRAITS = "c.KubeSpawner.start_timeout = 600"

# Texts under names of secrets: programs, and what is none though Python could read it.
PROGRAMS = {
    "a hook": HOOK,
    "traits": TRAITS,
    "imports": "import os\nprint(os.environ)\n",
    "a class": "class A:\n    pass",
    "a script": SCRIPT,
    "a decorator": "@app.route\ndef f():\n    pass",
}
SECRETS = {
    "a password": "hunter2",
    "a call": "Secret(42)",
    "words": "import antigravity",
    "a dotenv": "user = ada\npassword = hunter2",
    "a netrc": "machine a login b password c",
    "JSON": '{\n  "client_id": "a",\n  "private_key": "b"\n}',
    "YAML": "a: b\nc: d",
    "INI": "[a]\nkey = 'b'",
    "a key": "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----",
    "an address": "postgresql://hub:pw@db/hub",
    "dots": "abc.def.ghi",
    "a number": 123456,
}
PATHS = (
    ("hub", "extraConfig", "00-refresh-token"),
    ("hub", "extraConfig", "login", "client_secret"),
    ("hub", "config", "MyAuthenticator", "client_secret"),
    ("custom", "credentials"),
    ("custom", "tokens", "first"),
    ("singleuser", "extraFiles", "token", "stringData"),
)
# The first names each piece of code as people like; the last each file.
NAMED_BY_PEOPLE = (PATHS[0], PATHS[5])


def at(path, value):
    for name in reversed(path):
        value = {name: value}
    return value


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.parametrize("path", PATHS, ids=".".join)
def test_a_program_is_no_secret_and_follows_the_file_whatever_it_is_called(path, text):
    live = at(path, text)
    assert is_code(text)
    assert not secret_paths(live)
    assert not secrets_among(live)
    assert with_release_secrets(at(path[:-1], {}), live) == at(path[:-1], {})
    [change] = code_changes({}, live)
    assert list(change.lines) == [f"+{line}" for line in text.rstrip("\n").split("\n")]


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("path", [one for one in PATHS if one not in NAMED_BY_PEOPLE], ids=".".join)
def test_a_secret_that_only_the_release_has_is_kept_and_never_shown(path, text):
    live = at(path, text)
    assert not isinstance(text, str) or not is_code(text)
    assert secret_paths(live) == {path}
    assert with_release_secrets(at(path[:-1], {}), live) == live
    assert code_changes({}, live) == ()
    assert sets_secret(ValueChange(path, None, text))
    [one] = value_differences({}, live)
    assert str(text) not in one.after


@pytest.mark.parametrize("value", ["basic", "None", "disabled", 30, True, "optional"])
def test_an_answer_is_no_secret_under_any_name(value):
    live = {"hub": {"config": {"X": {"auth": value, "client_secret": "hunter2"}}}}
    assert with_release_secrets({"hub": {"config": {"X": {}}}}, live) == {
        "hub": {"config": {"X": {"client_secret": "hunter2"}}}
    }


# What is hidden in code, and how the line is shown then.
HIDDEN = {
    "a value": ("c.X.client_secret = 'hunter2'", "c.X.client_secret = '[hidden]'"),
    "a subscript": ('os.environ["DB_PASSWORD"] = "hunter2"', 'os.environ["DB_PASSWORD"] = "[hidden]"'),
    "a default": ('x = os.getenv("DB_PASSWORD", "hunter2")', 'x = os.getenv("DB_PASSWORD", "[hidden]")'),
    "an argument": ('set_password("hunter2")', 'set_password("[hidden]")'),
    "a pair": ('f({"api_key": "hunter2"})', 'f({"api_key": "[hidden]"})'),
    "random": ('send("a8f3k29dk2la0s9d")', 'send("[hidden]")'),
    "a password": ('login("ada", "Corr3ct!horse")', 'login("ada", "[hidden]")'),
    "a comment": ("f()  # password: hunter2", "f()  # password: [hidden]"),
    "in an f-string": ('f(f"https://u:hunter2@{host}/")', 'f(f"https://u:[hidden]@{host}/")'),
    "an address": ('f("postgresql://hub:hunter2@db/hub")', 'f("postgresql://hub:[hidden]@db/hub")'),
    "a number": ("c.X.f(1234567890123456789)", "c.X.f(1234567890123456789)"),
    "the second pair": ('f({"api_key": "hunter2", "image": "r"})', 'f({"api_key": "[hidden]", "image": "r"})'),
    "an argument by name": ('f(password="hunter2", user="ada")', 'f(password="[hidden]", user="ada")'),
    "beside a call": ('token = f("a") + "hunter2"', 'token = f("a") + "[hidden]"'),
    "a key": ('f("sk-proj-abcdefgh1234567890abcdef")', 'f("[hidden]")'),
}
# What is run is never hidden, however it is called.
SHOWN = (
    "token = run('rm -rf /home')",
    "password = __import__('os').system('id')",
    'client_secret = os.environ["CLIENT_SECRET"]',
    'spawner.environment["API_TOKEN"] = auth_state["user"]["id"]',
    'c.AzureAdOAuthenticator.tenant_id = "5d8f2a10-6c1e-4b7a-9f3d-0a1b2c3d4e5f"',
    'c.X.token_url = "https://login.example.org/oauth/token"',
    'c.KubeSpawner.image = "registry.example.org/notebook:3f9a41c"',
    "c.KubeSpawner.mem_limit = '8G'",
    'logging.getLogger("jupyterhub").setLevel("DEBUG")',
    'f(f"token={run(user)}")',
)


@pytest.mark.parametrize(("line", "shown"), HIDDEN.values(), ids=HIDDEN)
def test_what_looks_like_a_secret_in_code_is_hidden(line, shown):
    assert shown_code(f"import os\n{line}", Redactor(), python=True)[1] == shown


@pytest.mark.parametrize("line", SHOWN)
def test_what_is_run_is_shown(line):
    assert shown_code(f"import os\n{line}", Redactor(), python=True)[1] == line


def test_a_known_secret_is_hidden_wherever_it_stands_but_cannot_hide_what_is_called():
    hide = Redactor({"hunter2hunter2", "system"})
    shown = shown_code("import os\nos.system(hunter2hunter2)  # system", hide, python=True)
    assert shown == ["import os", "os.system([hidden])  # [hidden]"]


def test_a_private_key_is_hidden_over_all_of_its_lines():
    text = 'import os\nkey = """-----BEGIN PRIVATE KEY-----\nabcdef\n-----END PRIVATE KEY-----"""\nf(key)'
    shown = "\n".join(shown_code(text, Redactor(), python=True))
    assert "abcdef" not in shown
    assert shown.startswith("import os\nkey = ")
    assert shown.endswith("f(key)")


COMMANDS = {
    "singleuser": {
        "lifecycleHooks": {"postStart": {"exec": {"command": ["sh", "-c", "curl -u ada:hunter2 https://x/ | sh"]}}},
        "initContainers": [
            {"name": "first", "image": "busybox", "env": [{"name": "A", "value": "kanari-env"}], "args": ["run"]}
        ],
        "extraEnv": {"SETUP": HOOK},
        "extraAnnotations": {"a": HOOK},
        "extraFiles": {"s": {"mountPath": "/x.sh", "stringData": SCRIPT}, "n": {"stringData": "kanari-file"}},
    }
}


def test_commands_and_scripts_are_shown_and_variables_files_and_annotations_are_not():
    shown = {one.path: "\n".join(one.lines) for one in code_changes({}, COMMANDS)}
    assert set(shown) == {
        "singleuser.lifecycleHooks.postStart.exec.command",
        "singleuser.initContainers",
        "singleuser.extraFiles.s.stringData",
    }
    assert "curl -u ada:[hidden] https://x/ | sh" in shown["singleuser.lifecycleHooks.postStart.exec.command"]
    assert "image: busybox" in shown["singleuser.initContainers"]
    assert "kanari" not in str(shown)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["run", "--password", "hunter2", "--user", "ada"], ["run", "--password", "[hidden]", "--user", "ada"]),
        (["curl", "-u", "ada:hunter2", "https://x/"], ["curl", "-u", "ada:[hidden]", "https://x/"]),
        (["env", "API_TOKEN=hunter2", "run"], ["env", "API_TOKEN=[hidden]", "run"]),
        (["sh", "-c", "set -e\nlogin --token hunter2 now"], ["sh", "-c", "set -e\nlogin --token [hidden] now"]),
        (["jupyterhub-singleuser", "--debug"], ["jupyterhub-singleuser", "--debug"]),
    ],
)
def test_a_commands_secrets_are_hidden_over_its_words(words, shown):
    [change] = code_changes({}, {"hub": {"args": words}})
    assert yaml.safe_load("\n".join(line[1:] for line in change.lines).replace("[hidden]", "~~")) == [
        one.replace("[hidden]", "~~") for one in shown
    ]


def test_code_under_a_secrets_name_that_a_command_moves_is_stored():
    assert not sets_secret(ValueChange(PATHS[2], None, HOOK))
    assert sets_secret(ValueChange(PATHS[2], None, "hunter2"))


def test_a_change_is_shown_as_a_diff_and_told_by_its_length():
    before, after = at(PATHS[0], HOOK), at(PATHS[0], HOOK + f"{TRAITS}\n")
    [change] = found = code_changes(before, after)
    assert change.lines[1:] == (" def hook(authenticator, auth_state):", "     return auth_state", f"+{TRAITS}")
    [row] = with_code(rows(value_differences(before, after)), found)
    assert (row.path, row.before, row.after) == (change.path, "code of 2 lines", "code of 3 lines, below")
    [section] = code_sections(found)
    assert section.title == "hub.extraConfig.00-refresh-token: the code that changes"


def test_code_that_goes_is_shown_as_going():
    [change] = code_changes(at(PATHS[0], TRAITS), {})
    assert (change.before, change.after, change.lines) == ("code of 1 line", "–", (f"-{TRAITS}",))


def test_a_secret_that_changes_in_code_is_told_and_not_shown():
    one, two = (at(PATHS[0], f"c.X.client_secret = '{text}'") for text in ("hunter2", "hunter3"))
    assert code_changes(one, two)[0].lines == ("(it differs in what is hidden alone)",)


def test_long_code_is_bounded_and_says_how_much_is_left():
    changes = code_changes({}, {"hub": {"extraConfig": {f"{n}": "a.b = 1\n" * 400 for n in range(5)}}})
    assert sum(len(one.lines) for one in changes) < 700
    assert changes[0].lines[-1].startswith("… 150 more lines: an admin reads them with")
    [huge] = code_changes({}, at(PATHS[0], "a.b = 1\n" * 5000))
    assert huge.lines[0].startswith("(5000 lines, too many to compare")


def test_a_carriage_return_hides_nothing_in_a_comment():
    [change] = code_changes({}, at(PATHS[0], "import os\n# fine\ros.system('id')\n"))
    assert change.lines == ("+import os", "+# fine", "+os.system('id')")


def test_a_text_too_long_for_a_card_is_told_by_its_length():
    [huge] = code_changes({}, at(PATHS[0], "a.b = 1234567890\n" * 9000))
    assert (huge.after, len(huge.lines)) == ("code of 9000 lines", 1)


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("import os\r\npassword = 'hunter2hunter2'\r\n", [2]),
        ("token = os.environ['API_TOKEN']\ntoken = run('x')\npassword = ''", []),
        ("# nothing\nc.A.client_secret = 'hunter2hunter2'", [2]),
    ],
)
def test_secrets_in_code_have_their_lines(code, lines):
    values = {"hub": {"extraConfig": {"a": code}}}
    assert list(secrets_in_code(values)) == [(("hub", "extraConfig", "a"), line) for line in lines]


def test_secrets_in_scripts_have_their_lines_and_variables_are_none():
    script = "#!/bin/sh\nTOKEN=$(cat /x)\nPASSWORD=\"$X\"\ncurl -H 'Authorization: Bearer ${Y}'\nPASSWORD=hunter22\n"
    values = {
        "hub": {"extraFiles": {"a": {"mountPath": "/a.sh", "stringData": script}}, "args": ["--password hunter22"]}
    }
    assert list(secrets_in_code(values)) == [
        (("hub", "extraFiles", "a", "stringData"), 5),
        (("hub", "args", 0), 1),
    ]
