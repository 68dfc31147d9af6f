"""One view of each kind and interesting state, with the names and sizes that a real hub has."""

from datetime import UTC, datetime

from cards.pages import Pages
from cards.times import minute
from cards.views import (
    Button,
    ButtonStyle,
    Cell,
    Chart,
    Column,
    Difference,
    Fact,
    Facts,
    Failure,
    Lines,
    Notice,
    Plan,
    Progress,
    Section,
    Slice,
    Status,
    StepLine,
    StepState,
    Table,
    Tone,
    View,
)
from tests.cards.sample_calm import CALM
from tests.cards.sample_certificates import CERTIFICATES
from tests.cards.sample_costs import COSTS
from tests.cards.sample_deployments import DEPLOYMENTS
from tests.cards.sample_events import EVENTS
from tests.cards.sample_fullness import FULLNESS
from tests.cards.sample_help import HELP
from tests.cards.sample_homes import HOMES
from tests.cards.sample_images import IMAGES
from tests.cards.sample_lists import LISTS
from tests.cards.sample_renames import RENAMES
from tests.cards.sample_requests import REQUESTS
from tests.cards.sample_upgrades import UPGRADES

_RELEASE = Facts(
    (
        Fact("Hub", "5.5.0"),
        Fact("Chart", "jupyterhub-4.4.0, revision 3"),
        Fact("Image", "example.azurecr.io/jupyter:3f9a41c"),
        Fact("Deployed", "2026-11-20 14:02 UTC by Ada Lovelace"),
    ),
    title="Release",
)
_USERS = Chart("Users", (Slice("active", 12, Tone.GOOD), Slice("idle", 28)))
_NODES = Table(
    (Column("Pool", 2), Column("Nodes", 2), Column("User servers", 2, numeric=True)),
    (
        (Cell("system"), Cell("2/2", Tone.GOOD), Cell("–")),
        (Cell("users"), Cell("3/3", Tone.GOOD), Cell("11")),
        (Cell("gpu"), Cell("1/1", Tone.GOOD), Cell("1")),
    ),
)
_CERTIFICATE = Facts((Fact("hub.example.org", "valid for 61 days", Tone.GOOD),), title="Certificate")


def _components(*rows: tuple[str, str, Tone, str]) -> Table:
    return Table(
        (Column("Component", 3), Column("Ready", 2), Column("Restarts", 2, numeric=True)),
        tuple((Cell(name), Cell(ready, tone), Cell(restarts)) for name, ready, tone, restarts in rows),
    )


_ALL_READY = _components(
    ("hub", "1/1", Tone.GOOD, "0"),
    ("proxy", "1/1", Tone.GOOD, "0"),
    ("autohttps", "1/1", Tone.GOOD, "1"),
    ("user-scheduler", "2/2", Tone.GOOD, "0"),
    ("continuous-image-puller", "4/4", Tone.GOOD, "0"),
)
_HUB_GONE = _components(
    ("hub", "0/1", Tone.BAD, "14"),
    ("proxy", "1/1", Tone.GOOD, "0"),
    ("autohttps", "1/1", Tone.GOOD, "1"),
    ("user-scheduler", "2/2", Tone.GOOD, "0"),
)


_AS_OF = minute(datetime(2026, 11, 23, 9, 14, 7, tzinfo=UTC))


def _status(headline: str, tone: Tone, *problems: str, sections: tuple[Section, ...]) -> Status:
    return Status(
        "JupyterHub at hub.example.org",
        headline,
        tone,
        problems,
        sections,
        minute(datetime(2026, 11, 23, 9, 14, 7, tzinfo=UTC)),
    )


def _pods(count: int) -> Table:
    columns = (Column("Pod", 4), Column("State", 3), Column("Node", 3), Column("Since", 2), Column("Restarts", 2, True))
    fixed = [
        ("hub-7c9d5b8f6d-x2kqp", "Running", Tone.GOOD, "aks-system-31044412-vmss000000", "3 d", "0"),
        ("proxy-6f7c98d5c4-ttq9v", "Running", Tone.GOOD, "aks-system-31044412-vmss000001", "3 d", "0"),
        ("autohttps-5d4f6b7c8-9zr4l", "Running", Tone.GOOD, "aks-system-31044412-vmss000001", "19 d", "1"),
        (
            "jupyter-grace",
            "Image not found: 7c1d2e9",
            Tone.BAD,
            "aks-users-31044412-vmss000002",
            "4 min",
            "0",
        ),
        ("jupyter-o-brien-dtu-dk---4589d589", "Waits for a node", Tone.WARNING, "", "2 min", "0"),
    ]
    users = [
        (f"jupyter-user-{number:03}", "Running", Tone.GOOD, f"aks-users-31044412-vmss{number % 9:06}", "2 h", "0")
        for number in range(count)
    ]
    rows = tuple(
        (Cell(pod), Cell(state, tone), Cell(node), Cell(since), Cell(restarts))
        for pod, state, tone, node, since, restarts in [*fixed, *users][:count]
    )
    return Table(columns, rows, title="", rest="/jhub pods hub")


_HISTORY = Table(
    (Column("Revision", 2), Column("Date", 4), Column("Image", 2), Column("Result", 3), Column("By", 3)),
    tuple(
        (Cell(revision), Cell(date), Cell(image), Cell(result, tone), Cell(by))
        for revision, date, image, result, tone, by in (
            ("3", "2026-11-20 14:02", "3f9a41c", "deployed", Tone.GOOD, "Ada Lovelace"),
            ("2", "2026-10-02 08:40", "b81c7aa", "failed", Tone.BAD, "Grace Hopper"),
            ("1", "2026-09-15 11:11", "a0f3312", "superseded", Tone.NOTE, ""),
        )
    ),
)
_CONFIRM = (("plan", "9f2b6c1e"), ("command", "deploy"))
_CANCEL = (("operation", "op-17"),)

_PODS = Pages(
    Notice("300 pods, 2 of them not well", tone=Tone.WARNING, sections=(_pods(300),)),
    lambda page: (("line", f"/jhub pods --page {page}"),),
    "/jhub pods",
)

_TESTED = (
    Fact("Account", "under 0.1 s", Tone.GOOD),
    Fact("Server start", "41 s", Tone.GOOD),
    Fact("Way into the server", "under 0.1 s", Tone.GOOD),
    Fact("List of kernels", "0.3 s", Tone.GOOD),
    Fact("Kernel start", "1.4 s", Tone.GOOD),
    Fact("1 + 1", "0.9 s", Tone.GOOD),
    Fact("File in the home", "under 0.1 s", Tone.GOOD),
    Fact("Imports", "1.2 s", Tone.GOOD),
)

SAMPLES: dict[str, View] = {
    "status-healthy": _status(
        "Everything runs, 12 people are working",
        Tone.GOOD,
        sections=(_ALL_READY, _USERS, _NODES, _CERTIFICATE, _RELEASE),
    ),
    "status-hub-down": _status(
        "The hub is down: nobody can log in",
        Tone.BAD,
        "hub: restarted 14 times in the last hour, last exit code 1",
        "hub: “sqlite3.OperationalError: database or disk is full”",
        sections=(_HUB_GONE, _NODES, _CERTIFICATE, _RELEASE),
    ),
    "status-certificate": _status(
        "Browsers warn about the certificate",
        Tone.WARNING,
        "autohttps serves Traefik's default certificate: Let's Encrypt did not issue one",
        sections=(
            _ALL_READY,
            _USERS,
            Facts((Fact("hub.example.org", "TRAEFIK DEFAULT CERT, not trusted", Tone.BAD),), title="Certificate"),
            _RELEASE,
        ),
    ),
    "status-hub-silent": _status(
        "Runs, as far as could be seen",
        Tone.WARNING,
        "The hub did not answer within 5 s: users are not counted",
        sections=(
            _ALL_READY,
            Facts((Fact("Active users", "unknown, the hub did not answer", Tone.WARNING),), title="Users"),
            _NODES,
        ),
    ),
    "pods": Notice("17 pods, 2 of them not well", tone=Tone.WARNING, sections=(_pods(17),)),
    "pods-300": _PODS.page(1),
    "pods-300-last": _PODS.page(_PODS.count),
    "history": Notice("The last 3 revisions", sections=(_HISTORY,)),
    "deploy-plan": Plan(
        "Deploy image tag 7c1d2e9",
        "Ada Lovelace",
        differences=(Difference("singleuser.image.tag", "3f9a41c", "7c1d2e9"),),
        consequences=(
            "New servers start with 7c1d2e9 about a minute after the image is on the nodes",
            "12 users keep the old image until they restart their servers",
            "The chart stays jupyterhub-4.4.0",
        ),
        warnings=("7c1d2e9 was never deployed here before",),
        question="Deploy it?",
        buttons=(
            Button("Deploy 7c1d2e9", "confirm", _CONFIRM, ButtonStyle.POSITIVE),
            Button("Leave it", "decline", _CONFIRM),
        ),
    ),
    "deploy-progress": Progress(
        "Deploying image tag 7c1d2e9",
        "Ada Lovelace",
        steps=(
            StepLine("Check the release", StepState.DONE, "1 s"),
            StepLine("Run helm upgrade", StepState.RUNNING, "2 of 4 nodes have the image"),
            StepLine("Check that the hub answers", StepState.WAITING),
        ),
        details=(
            "hook-image-puller-4xk2p   Running            aks-users-31044412-vmss000000",
            "hook-image-puller-9cc7d   Running            aks-users-31044412-vmss000001",
            "hook-image-puller-w8zlm   ContainerCreating  aks-users-31044412-vmss000002",
            "hook-image-puller-zz1ht   ContainerCreating  aks-gpu-31044412-vmss000000",
        ),
        elapsed="38 s",
        buttons=(Button("Cancel", "cancel", _CANCEL, ButtonStyle.DESTRUCTIVE),),
    ),
    "deploy-progress-pull-fails": Progress(
        "Deploying image tag 7c1d2e9",
        "Ada Lovelace",
        steps=(
            StepLine("Check the release", StepState.DONE, "1 s"),
            StepLine("Run helm upgrade", StepState.RUNNING, "0 of 4 nodes have the image"),
            StepLine("Check that the hub answers", StepState.WAITING),
        ),
        details=("hook-image-puller-4xk2p   ImagePullBackOff   aks-users-31044412-vmss000000",),
        warnings=("The image example.azurecr.io/jupyter:7c1d2e9 cannot be pulled: not found",),
        elapsed="1 min 12 s",
        buttons=(Button("Cancel", "cancel", _CANCEL, ButtonStyle.DESTRUCTIVE),),
    ),
    "deploy-done": Notice(
        "7c1d2e9 is deployed",
        "New servers start with it.",
        Tone.GOOD,
        sections=(
            Facts(
                (
                    Fact("Image", "3f9a41c → 7c1d2e9"),
                    Fact("Revision", "4"),
                    Fact("Took", "1 min 48 s"),
                    Fact("Old image", "12 users, until they restart their servers"),
                )
            ),
        ),
    ),
    "deploy-failed": Failure(
        "7c1d2e9 was not deployed",
        "The image example.azurecr.io/jupyter:7c1d2e9 cannot be pulled: not found.",
        now=(
            Fact("Users", "keep working with 3f9a41c", Tone.GOOD),
            Fact("Release", "revision 4 failed, revision 3 is in force", Tone.WARNING),
        ),
        advice=("Check the tag: is it in the registry?", "Try another: /jhub deploy <tag>"),
        sections=(
            Lines(
                (
                    "Error: UPGRADE FAILED: pre-upgrade hooks failed:",
                    "  1 error occurred: timed out waiting for the condition",
                ),
                title="Helm said",
                code=True,
            ),
        ),
    ),
    "hub-test": Notice(
        "The hub works for a user, with 7c1d2e9",
        "A test server started in 41 s, and a notebook in it works.",
        Tone.GOOD,
        sections=(Facts((*_TESTED, Fact("Removal", "6.2 s", Tone.GOOD)), "The test, stage by stage"),),
    ),
    "hub-test-failed": Failure(
        "A notebook does not work, with 7c1d2e9",
        "The cell failed: ImportError: croissance (ModuleNotFoundError: No module named 'croissance'). The image has "
        "to have them (test.packages): /jhub rollback goes back to the one before, /jhub image build makes another.",
        sections=(
            Facts(
                (
                    *_TESTED[:-1],
                    Fact("Imports", "failed after 1.2 s", Tone.BAD),
                    Fact("Removal", "6.2 s", Tone.GOOD),
                ),
                "The test, stage by stage",
            ),
        ),
    ),
    "deploy-tested-badly": Notice(
        "7c1d2e9 is live",
        "New servers start with 7c1d2e9. A test server did not start: it failed at “Server start”. Its image "
        "cannot be pulled: not found.",
        Tone.WARNING,
        sections=(
            Facts((Fact("Live", "revision 4, tag 7c1d2e9, by Olu Operator"),)),
            Facts(
                (
                    Fact("Account", "under 0.1 s", Tone.GOOD),
                    Fact("Server start", "failed after 122 s", Tone.BAD),
                    Fact("Removal", "2.1 s", Tone.GOOD),
                ),
                "The test, stage by stage",
            ),
        ),
    ),
    "bug": Failure(
        "Something went wrong in the bot",
        "This is a bug in the bot, not a mistake of yours. Nothing was changed.",
        advice=("Tell the people who run the bot the reference below",),
        reference="E-7F3A91",
    ),
    "hostile": Notice(
        "Hello **x**, [a](http://b) and <at>General</at>",
        "# not a heading\n1. not a list\n- nor this\n> nor that\n&lt;b&gt; `code` ~~gone~~ user_name _x_\n"
        "\u202egnp.exe\u202c \x1b[31mred\x1b[0m {{DATE(2026-11-23T09:14:07Z,SHORT)}} ![i](http://b/i.png)",
        Tone.NOTE,
        sections=(
            Facts((Fact("**Label**", "[v](http://b)"), Fact("Long", "x" * 1_500))),
            Lines(("  **kept**   <as>  it_is_", "\t\x07| a | b |"), code=True),
        ),
        buttons=(Button("**Press** me", "press", (("name", "**x** <at>y</at>"),)),),
    ),
    **HELP,
    **REQUESTS,
    **COSTS,
    **FULLNESS,
    **LISTS,
    **HOMES,
    **IMAGES,
    **DEPLOYMENTS,
    **CERTIFICATES,
    **CALM,
    **UPGRADES,
    **RENAMES,
    **EVENTS,
}
