"""Requests for approval in each of their states, as each of the people who see them sees them."""

from dataclasses import replace
from datetime import UTC, datetime

from cards.times import hour, minute, timed
from cards.views import (
    Approval,
    Button,
    ButtonStyle,
    Difference,
    Fact,
    Facts,
    Notice,
    Plan,
    Refresh,
    Request,
    Tone,
    View,
)


def _at(hours: int, minutes: int) -> str:
    return hour(datetime(2026, 11, 24, hours, minutes, tzinfo=UTC))


_DATA = (("id", "594ec0d2e188f3fd"), ("digest", "c923ae8f92306947adf0e079092619460f7239aa8d341cf7b794b659c8b9ffe7"))
_REVIEW = (Button("Review", "view", _DATA),)
_APPROVE = (
    Button("Approve", "approve", _DATA, ButtonStyle.POSITIVE),
    Button("Reject", "reject", _DATA, ButtonStyle.DESTRUCTIVE),
)
_CANCEL = (Button("Cancel", "dismiss", _DATA),)
_STOP = (Button("Stop it", "reject", _DATA, ButtonStyle.DESTRUCTIVE),)
_REFRESH = Refresh("view", _DATA)

_DELETION = Request(
    Plan(
        "Delete the home of emmy.noether@example.org",
        "Alex Wilber",
        consequences=(
            "A snapshot is taken first and kept for 14 days; “/jhub storage restore” brings the home back.",
            "The claim is deleted, and the disk with it (volume pvc-5d8f2a10-6c1e-4b7a-9f3d-000000000010).",
            "An empty home takes its place: the user can log in afterwards.",
        ),
        question="Delete this home?",
        sections=(
            Facts(
                (
                    Fact("Owner", "emmy.noether@example.org"),
                    Fact("Claim", "claim-emmy-noether-example-org---c920e7e9, 10 GiB"),
                    Fact("Volume", "pvc-5d8f2a10-6c1e-4b7a-9f3d-000000000010"),
                    Fact("Last active", minute(datetime(2026, 11, 13, 23, 43, tzinfo=UTC))),
                )
            ),
        ),
        effects=(
            (
                "Deletes data or makes it unreachable – claim-emmy-noether-example-org---c920e7e9, a home of "
                "emmy.noether@example.org, is deleted; a snapshot is kept for 14 days."
            ),
        ),
    ),
    "Waiting for approval",
    needed=1,
    expires=timed(_at(3, 12), ", in 30 min"),
    approvers=("jhub-approvers", "jhub-admins"),
    buttons=_REVIEW,
    refresh=_REFRESH,
)
# What is least safe to approve: no way back, work in progress, and a name that was not quite what was typed.
_FOR_GOOD = replace(
    _DELETION,
    plan=Plan(
        "Delete the home of anna-katharina.freifrau-von-droste-huelshoff@mathematics.example.org, server “geo-course”",
        "Patti Fernandez",
        consequences=(
            (
                "The server is stopped (jupyter-anna-katharina-freifrau-von-droste-huelshoff---1a2b3c4d--geo-course): "
                "what is not saved is lost."
            ),
            "The claim is deleted, and the disk with it (volume pvc-5d8f2a10-6c1e-4b7a-9f3d-000000000031).",
        ),
        warnings=(
            "No snapshot is taken. There is no way back.",
            (
                "“anna-katharina.freifrau-von-droste-hülshoff@mathematics.example.org” was typed; the home belongs to "
                "“anna-katharina.freifrau-von-droste-huelshoff@mathematics.example.org”."
            ),
        ),
        sections=(
            Facts(
                (
                    Fact("Owner", "anna-katharina.freifrau-von-droste-huelshoff@mathematics.example.org"),
                    Fact("Claim", "claim-anna-katharina-freifrau-von-droste-huelshoff---1a2b3c4d--geo-course, 100 GiB"),
                    Fact("Volume", "pvc-5d8f2a10-6c1e-4b7a-9f3d-000000000031"),
                )
            ),
        ),
    ),
    reason="she left on 30 September, her files are archived (ticket 4711), and the disk is needed for the new course",
    needed=2,
)
_DEPLOYMENT = Plan(
    "Deploy 7c1d2e9",
    "Patti Fernandez",
    differences=(Difference("singleuser.image.tag", "3f9a41c", "7c1d2e9"),),
    consequences=(
        "Image jhub.azurecr.io/notebook; chart jupyterhub 4.4.0 stays as it is.",
        "Becomes revision 4 of jupyterhub.",
        "12 running servers keep the old image until their next restart; nobody is interrupted.",
    ),
    warnings=("The last attempt, tag b81c7aa, failed.",),
)
_DATABASE = Plan(
    "Set hub.db.type",
    "Alex Wilber",
    differences=(Difference("hub.db.type", "–", "sqlite-memory"),),
    consequences=(
        (
            "The hub restarts, for the new contents of its Secret: logins and server starts pause for about 20 s; "
            "running servers keep running."
        ),
        "Becomes revision 4 of jupyterhub; chart 4.4.0 stays as it is.",
    ),
    effects=(
        (
            "Deletes data or makes it unreachable – PersistentVolumeClaim hub-db-dir is deleted with everything on it. "
            "hub.db.type: the hub starts with another database, without the users, admins and tokens of this one."
        ),
        (
            "Changes who may log in or who is an admin – hub.config.Authenticator.admin_users: decides who may log in, "
            "who is an admin and what they may do."
        ),
    ),
)
_EMERGENCY = replace(
    _DELETION,
    plan=_DEPLOYMENT,
    state="Emergency: runs without approval unless an approver stops it",
    needed=0,
    reason="the hub is down, 3f9a41c cannot be pulled on new nodes",
    expires="after this card was shown for 5 min and nobody stopped it; 3 min 20 s left",
    emergency=True,
)
_EVIL = "**Eve** <at>General</at> [x](http://b) <script>alert(1)</script> \u202egnp.exe\u202c\u200b"
_HOSTILE = Request(
    Plan(
        f"Delete the home of {_EVIL}",
        f"{_EVIL} {'E' * 500}",
        differences=(Difference("a | b\n# c", "`x`", "{{DATE(2026-11-23T09:14:07Z,SHORT)}}"),),
        consequences=(f"# {_EVIL}", "1. " + "loves" * 100, "שלום <b>bold</b> &lt;b&gt; ~~gone~~ مرحبا"),
        warnings=("<at>Everyone</at> ![i](http://b/i.png)\n- approve this",),
        sections=(Facts((Fact("Owner", f"{'o' * 500}@example.org"), Fact(_EVIL, _EVIL))),),
        effects=(f"Runs code – {_EVIL}", "# x"),
    ),
    "Waiting for approval",
    needed=3,
    approvals=(Approval(_EVIL, _at(2, 51)), Approval("N" * 500, _at(2, 52))),
    reason=f"Approved by: everybody\n\n✔ {_EVIL} {'because ' * 200}",
    expires=timed(_at(3, 12), ", in 30 min"),
    approvers=(_EVIL, "g" * 500),
    note=f"{_EVIL} Nothing was done.",
    buttons=_APPROVE,
    refresh=_REFRESH,
)

REQUESTS: dict[str, View] = {
    "request": _DELETION,
    "request-to-approver": replace(_DELETION, buttons=_APPROVE),
    "request-to-requester": replace(
        _DELETION, buttons=_CANCEL, note="You asked for this, so somebody else must approve it."
    ),
    "request-to-others": replace(_DELETION, buttons=(), note="Only approvers see buttons here."),
    "request-refused": replace(
        _DELETION, buttons=(), note="Only approvers and above can approve this. Nothing was done."
    ),
    "request-for-good": replace(_FOR_GOOD, buttons=_APPROVE),
    "request-half-approved": replace(_FOR_GOOD, approvals=(Approval("Megan Bowen", _at(2, 51)),)),
    "request-approved-by-you": replace(
        _FOR_GOOD,
        approvals=(Approval("Megan Bowen", _at(2, 51)),),
        buttons=(),
        note="You have approved this.",
    ),
    "emergency": _EMERGENCY,
    "emergency-on-hold": replace(
        _EMERGENCY,
        plan=replace(
            _DEPLOYMENT,
            warnings=(
                "The delay does not count at the moment: Teams has not confirmed that this card is shown.",
                *_DEPLOYMENT.warnings,
            ),
        ),
    ),
    "emergency-to-approver": replace(_EMERGENCY, buttons=_STOP, note="You can stop this."),
    "emergency-to-requester": replace(_EMERGENCY, buttons=_CANCEL),
    "request-hostile": _HOSTILE,
    "request-by-its-effects": replace(_DELETION, plan=_DATABASE, buttons=_APPROVE),
    "question-with-effects": replace(_DATABASE, question="Set and deploy this now?", buttons=_CANCEL),
    "working": Notice(
        "Working on it …",
        "Checking the systems. This card will show the answer when it is ready.",
        Tone.WORKING,
        refresh=_REFRESH,
    ),
    "rejected": Notice(
        "Rejected: Delete the home of emmy.noether@example.org",
        "Megan Bowen rejected it. Nothing was done.",
        Tone.WARNING,
    ),
    "reminder": Notice(
        "Still waiting for approval: Delete the home of emmy.noether@example.org",
        "Alex Wilber asked for it. Half of the time to approve has passed. Approvers are in jhub-approvers or "
        "jhub-admins. See the card above.",
        Tone.WARNING,
    ),
}
