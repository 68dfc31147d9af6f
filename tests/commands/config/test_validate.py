"""`/jhub config validate`, on made-up values and a made-up chart."""

from dataclasses import replace

from cards.views import Tone
from clients.errors import Rejected, Unavailable
from commands.config import validate as config_validate
from tests.commands.config.stored_values import TEXT, world
from tests.world import words


async def validated(made):
    return await config_validate.run(config_validate.Args(), made.reads)


async def test_good_values_are_said_to_be_good():
    assert (await validated(world(TEXT))).tone is Tone.GOOD


async def test_each_mistake_has_its_line():
    found = await validated(
        world(TEXT.replace("limit: 8G", "limit: [8]\n    limt: 8G") + "cull:\n  every: 0\nculll: {}\n")
    )
    rows = {tuple(cell.text for cell in row)[:2] for row in found.sections[0].rows}
    assert rows == {
        ("7", "singleuser.memory.limit"),
        ("8", "singleuser.memory.limt"),
        ("11", "cull.every"),
        ("12", "culll"),
    }
    assert "did you mean limit" in words(found)
    assert "string or number" in words(found)


async def test_a_secret_in_the_file_is_pointed_out_by_its_path_alone():
    found = await validated(
        world(TEXT.replace("AzureAdOAuthenticator: {}", "AzureAdOAuthenticator: {client_secret: hunter2hunter2}"))
    )
    assert found.tone is Tone.WARNING
    assert "hub.config.AzureAdOAuthenticator.client_secret, line 3" in words(found)
    assert "hunter2" not in words(found)


async def test_names_of_secrets_are_none():
    found = await validated(world(TEXT + "hub2: {imagePullSecrets: [registry-pull], existingSecret: x}\n"))
    assert "Secrets in the" not in words(found)


async def test_a_file_that_cannot_be_read_is_told_with_its_line():
    made = world("")

    async def broken():
        raise Rejected("The values' file", "alias", "The values' file cannot be used. Line 2: …")

    made.home.written = broken
    found = await validated(made)
    assert found.tone is Tone.BAD
    assert "Line 2" in found.text


async def test_without_a_chart_it_says_that_nobody_looked():
    made = world(TEXT)
    made.charts = Unavailable("The chart's repository", "is away")
    found = await validated(made)
    assert found.tone is Tone.WARNING
    assert "is away" in words(found)


async def test_a_value_that_does_nothing_any_more_is_told():
    outside = world("hub:\n  config: {JupyterHub: {admin_access: false}}\n")
    chart = outside.charts["4.4.0"]
    outside.charts["4.4.0"] = replace(chart, values={**chart.values, "hub": {"loadRoles": {}}})
    found = await validated(outside)
    assert found.tone is Tone.WARNING
    assert "admin_access has had no effect since JupyterHub 2.0" in words(found)
    assert "hub.loadRoles" in words(found)


async def test_code_that_is_no_python_is_a_mistake_with_its_line():
    found = await validated(world(TEXT.replace("config:\n", "extraConfig: {99-x: 'c.A.b = ('}\n  config:\n", 1)))
    assert found.tone is Tone.BAD
    assert "would refuse" in found.title
    shown = words(found)
    assert "hub.extraConfig.99-x" in shown
    assert "is not Python (line 1: '(' was never closed): the hub would not start" in shown


async def test_code_that_newer_python_may_know_is_doubted():
    code = "extraConfig: {99-x: 'lazy import os = 1'}\n  config:\n"
    assert "may not start" in (await validated(world(TEXT.replace("config:\n", code, 1)))).title


async def test_secrets_in_code_are_pointed_out_by_path_and_line_alone():
    token = "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789"
    code = f"""extraConfig:
    10-x: |
      import os
      TOKEN = "{token}"
      password = "hunter2hunter2"
      secret = os.environ["CLIENT_SECRET"]
  config:
"""
    found = await validated(world(TEXT.replace("config:\n", code, 1)))
    assert found.tone is Tone.WARNING
    assert "contain secrets" in found.title
    shown = words(found)
    assert "hub.extraConfig.10-x, line 3: line 2 of the code" in shown
    assert "hub.extraConfig.10-x, line 3: line 3 of the code" in shown
    assert "line 4 of the code" not in shown
    assert "valueFrom.secretKeyRef" in shown
    assert "hunter2" not in shown
    assert token not in shown


async def test_many_secrets_in_code_are_counted():
    code = "".join(f"      password = 'hunter2hunter{number}'\n" for number in range(40))
    found = await validated(world(TEXT.replace("config:\n", f"extraConfig:\n    10-x: |\n{code}  config:\n", 1)))
    assert "and 20 more in code" in words(found)
