"""Check of HTTPS: the host that users open, the contact that Let's Encrypt asks for, the certificate that is served."""

from collections.abc import Sequence

from cards.views import Tone
from commands.certificate.assessment import judged
from commands.diagnostics.checks.readings import Check, Line, Readings, doubtful, fine, told, wrong


def judge(readings: Readings) -> Line:
    """Judge the values first: a certificate that is wrong is often wrong because of them."""
    live = readings.release
    hosts = live.value("proxy", "https", "hosts")
    named = [str(one) for one in hosts] if isinstance(hosts, Sequence) and not isinstance(hosts, str) else []
    if readings.host and readings.host not in named:
        return wrong(f"proxy.https.hosts does not name {readings.host}", "Add it to the release's values and deploy")
    automatic = live.value("proxy", "https", "type") in (None, "letsencrypt")
    if automatic and not live.value("proxy", "https", "letsencrypt", "contactEmail"):
        way = "Set proxy.https.letsencrypt.contactEmail in the release's values and deploy"
        return wrong("Let's Encrypt gets no contact address and issues nothing", way)
    words, tone = judged(told(readings.certificate), readings.now)
    if tone is Tone.GOOD:
        return fine(f"{readings.host}: {words}")
    return (wrong if tone is Tone.BAD else doubtful)(f"{readings.host}: {words}", "/jhub cert")


CHECK = Check(10, "HTTPS: host, contact, certificate", judge)
