"""Check of HTTPS: the hosts that users open, the contact that Let's Encrypt asks for, the certificates served."""

from collections.abc import Sequence

from cards.views import Tone
from clients.errors import Unavailable
from clients.public.certificate import Certificate
from commands.certificate.assessment import assess
from commands.certificate.entrance import Entrance
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed, unwrap, warning


def judge(readings: Readings) -> CheckResult:
    """Judge the values first: a certificate that is wrong is often wrong because of them."""
    if not isinstance(readings.entrance, Entrance) and (wrong := _values(readings)) is not None:
        return wrong
    words, tone = assess(unwrap(readings.certificate), readings.now)
    others = [(host, *_state(one, readings)) for host, one in readings.further.items()]
    bad = [(host, told, how) for host, told, how in ((readings.host, words, tone), *others) if how is not Tone.GOOD]
    if not bad:
        more = f"; as good: {', '.join(readings.further)}" if readings.further else ""
        return passed(f"{readings.host}: {words}{more}")
    told = "; ".join(f"{host}: {said}" for host, said, _ in bad)
    return (failed if any(how is Tone.BAD for _, _, how in bad) else warning)(told, "/jhub cert")


def _values(readings: Readings) -> CheckResult | None:
    """Return what is wrong with the values that autohttps gets."""
    live = readings.release
    hosts = live.value("proxy", "https", "hosts")
    named = [str(one) for one in hosts] if isinstance(hosts, Sequence) and not isinstance(hosts, str) else []
    if readings.host and readings.host not in named:
        return failed(f"proxy.https.hosts does not name {readings.host}", "Add it to the release's values and deploy")
    automatic = live.value("proxy", "https", "type") in (None, "letsencrypt")
    if automatic and not live.value("proxy", "https", "letsencrypt", "contactEmail"):
        way = "Set proxy.https.letsencrypt.contactEmail in the release's values and deploy"
        return failed("Let's Encrypt gets no contact address and issues nothing", way)
    return None


def _state(served: Certificate | Unavailable, readings: Readings) -> tuple[str, Tone]:
    return (str(served), Tone.BAD) if isinstance(served, Unavailable) else assess(served, readings.now)


CHECK = Check(10, "HTTPS: host, contact, certificate", judge)
