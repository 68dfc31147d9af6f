"""The table that `make real` prints."""

from collections import Counter

from tests.real.table import Outcome, by_suite, table

REPORT = """<testsuites><testsuite>
<testcase classname="tests.clients.helm.test_a" name="one"/>
<testcase classname="tests.clients.helm.test_a" name="two"><failure/></testcase>
<testcase classname="tests.clients.helmets.test_a" name="three"><skipped/></testcase>
<testcase classname="" name="tests.clients.kube.test_b"><error/></testcase>
</testsuite></testsuites>"""


def test_tests_are_counted_by_the_suite_that_was_asked_for(tmp_path):
    report = tmp_path / "x.xml"
    report.write_text(REPORT)
    suites = ("tests/clients/helm", "tests/clients/helmets", "tests/clients/kube/test_b.py")
    assert by_suite(report, suites) == {
        "tests/clients/helm": Counter(passed=1, failed=1),
        "tests/clients/helmets": Counter(skipped=1),
        "tests/clients/kube/test_b.py": Counter(failed=1),
    }


def test_a_run_without_a_report_has_failed(tmp_path):
    assert by_suite(tmp_path / "x.xml", ("tests/a", "tests/b")) == {"tests/a": Counter(failed=1)}


def test_a_table_has_each_release_and_why_one_was_not_run():
    outcomes = {"Hub 1": "it is too old", "Hub 2": Outcome({"tests/a": Counter(passed=2, skipped=1)}, 1.25, 0.5)}
    assert list(table(outcomes)) == [
        "|  | Hub 1 | Hub 2 |",
        "|---|---:|---:|",
        "| tests/a | – | 2 (1 skipped) |",
        "| all | – | 2 (1 skipped) |",
        "| minutes | – | 1.2 |",
        "| minutes of processor | – | 0.5 |",
        "\nHub 1 was not run: it is too old.",
    ]
