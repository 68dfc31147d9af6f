"""Check of HTTPS: the host that users open, the contact that Let's Encrypt asks for, the certificate that is served."""

from collections.abc import Sequence

from cards.views import Tone
from commands.certificate.assessment import assess
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed, unwrap, warning


def judge(readings: Readings) -> CheckResult:
    """Judge the values first: a certificate that is wrong is often wrong because of them."""
    live = readings.release
    hosts = live.value("proxy", "https", "hosts")
    named = [str(one) for one in hosts] if isinstance(hosts, Sequence) and not isinstance(hosts, str) else []
    if readings.host and readings.host not in named:
        return failed(f"proxy.https.hosts does not name {readings.host}", "Add it to the release's values and deploy")
    automatic = live.value("proxy", "https", "type") in (None, "letsencrypt")
    if automatic and not live.value("proxy", "https", "letsencrypt", "contactEmail"):
        way = "Set proxy.https.letsencrypt.contactEmail in the release's values and deploy"
        return failed("Let's Encrypt gets no contact address and issues nothing", way)
    words, tone = assess(unwrap(readings.certificate), readings.now)
    if tone is Tone.GOOD:
        return passed(f"{readings.host}: {words}")
    return (failed if tone is Tone.BAD else warning)(f"{readings.host}: {words}", "/jhub cert")


CHECK = Check(10, "HTTPS: host, contact, certificate", judge)
