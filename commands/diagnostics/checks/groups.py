"""Check of who gets in: not everybody in the tenant."""

from commands.diagnostics.checks.readings import Check, Line, Readings, doubtful, fine, told
from commands.login.problems import of_people


def judge(readings: Readings) -> Line:
    """Judge the restriction in the values, and that of the enterprise application."""
    found = told(readings.login)
    if found is None or not found.its.is_entra:
        return fine("decided by the authenticator")
    # The name of users has a line of its own.
    problems = [lines for lines, _ in of_people(found) if "username_claim" not in lines[-1]]
    if problems:
        return doubtful(problems[0][0].rstrip("."), problems[0][-1].removeprefix("→ "))
    if found.its.allow_all:
        told(found.app)
        return fine("everybody who is assigned to the enterprise application")
    return fine("those whom the values name")


CHECK = Check(50, "Who gets in", judge)
