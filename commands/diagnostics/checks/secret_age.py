"""Check of the client secret of the login: good, and for how long."""

from cards.views import Tone
from commands.diagnostics.checks.readings import Check, Line, Readings, doubtful, fine, told, wrong
from commands.login.client_secrets import lasting, urgency


def judge(readings: Readings) -> Line:
    """Judge what Entra says of the secret, then its age."""
    found = told(readings.login)
    if found is None or not found.its.is_entra:
        return fine("there is none")
    way = "/jhub auth rotate" if found.its.secret_path else f"It comes from {found.its.elsewhere}: change it there"
    if found.accepted is False:
        return wrong("Entra does not accept it: nobody can log in", way)
    if found.used is not None and urgency(found.used, readings.now) is not Tone.GOOD:
        return doubtful(f"valid for only {lasting(found.used, readings.now)}", way)
    told(found.accepted)
    told(found.app)
    return fine(f"valid for {lasting(found.used, readings.now)}" if found.used else "Entra accepts it")


CHECK = Check(60, "Client secret", judge)
