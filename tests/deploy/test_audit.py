"""Known vulnerabilities fail the build where they can be looked up, and are told where not."""

import datetime
import os
from pathlib import Path

import pytest
from packaging.version import Version
from pip_audit._format import JsonFormat
from pip_audit._service import ResolvedDependency, SkippedDependency, VulnerabilityResult
from pip_audit._service.interface import Dependency

from deploy import audit

ROOT = Path(__file__).parents[2]
TODAY = datetime.date(2026, 6, 1)
ENTRY = "- {id: GHSA-1, reason: not called, until: 2026-06-01}"
HOLE = VulnerabilityResult(
    id="PYSEC-1", description="d", fix_versions=[Version("2.1")], aliases={"GHSA-1"}
)


def report(package: Dependency, *holes: VulnerabilityResult, skipped: str = "") -> str:
    """As pip-audit itself writes it."""
    found: dict[Dependency, list[VulnerabilityResult]] = {package: list(holes)}
    if skipped:
        found = {SkippedDependency(skipped, "Dependency not found"): [], **found}
    return str(JsonFormat(False, True).format(found, []))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What pip-audit will say."""
    said: list[str] = []
    monkeypatch.setattr(audit, "report", lambda files: said[0])
    return said


def test_a_finding_fails_and_says_where_it_is_fixed(
    told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told.append(report(ResolvedDependency("flask", Version("2.0")), HOLE))

    assert audit.main([]) == 1
    assert capsys.readouterr().out.startswith("flask 2.0: PYSEC-1 GHSA-1, fixed in 2.1\n1 known")


def test_what_has_an_environment_of_its_own_is_looked_up_by_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[list[str]] = []

    def said(files: list[Path]) -> str:
        asked.append([file.name for file in files])
        version = Version("2.0" if len(asked) == 1 else "3.0")
        return report(ResolvedDependency("flask", version), HOLE)

    monkeypatch.setattr(audit, "report", said)

    assert audit.main([]) == 1
    assert asked[1:] == [[name] for name in audit.ALONE]
    assert "dev.txt" in asked[0]
    assert capsys.readouterr().out.startswith("flask 2.0: PYSEC-1 GHSA-1, fixed in 2.1\nflask 3.0")


def test_nothing_found_is_well(told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    told.append(report(ResolvedDependency("flask", Version("2.0"))))

    assert audit.main(["--required"]) == 0
    assert capsys.readouterr().out.startswith("0 known vulnerabilities in ")


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--required"], 2)])
def test_where_nothing_was_looked_up_the_last_line_says_so(
    told: list[str], arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    told.append(report(SkippedDependency("flask", "Dependency not found")))

    assert audit.main(arguments) == code
    assert capsys.readouterr().out == (
        "nothing was looked up: the package index has no advisories for any of the 1 packages\n"
    )


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--required"], 2)])
def test_where_the_index_does_not_answer_the_last_line_says_so(
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def unanswered(files: list[Path]) -> str:
        raise audit.Unanswered("the package index is not reachable (Timeout)")

    monkeypatch.setattr(audit, "report", unanswered)

    assert audit.main(arguments) == code
    assert capsys.readouterr().out == (
        "nothing was looked up: the package index is not reachable (Timeout)\n"
    )


@pytest.mark.parametrize("arguments", [[], ["--required"]])
def test_a_package_that_is_not_looked_up_hides_no_finding_of_another(
    told: list[str], arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told.append(report(ResolvedDependency("flask", Version("2.0")), HOLE, skipped="click"))

    assert audit.main(arguments) == 1
    assert capsys.readouterr().out == (
        "flask 2.0: PYSEC-1 GHSA-1, fixed in 2.1\n"
        "not everything was looked up: the package index has no advisories for "
        "1 of 2 packages, such as click\n"
    )


def test_without_a_network_it_is_not_looked_up() -> None:
    nowhere = {**os.environ, "HTTPS_PROXY": "http://127.0.0.1:9", "XDG_CACHE_HOME": "/nonexistent"}

    with pytest.raises(audit.Unanswered, match="package index is not reachable"):
        audit.report([ROOT / "requirements/init.txt"], nowhere)


def test_a_failure_of_pip_audit_itself_is_no_missing_network(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text("flask==1\n")  # without a hash

    with pytest.raises(RuntimeError, match="pip-audit ended with"):
        audit.report([tmp_path / "r.txt"])


def test_a_failure_of_pip_audit_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(files: list[Path]) -> str:
        raise RuntimeError("pip-audit ended with 3: why")

    monkeypatch.setattr(audit, "report", fails)

    assert audit.main([]) == 2
    assert capsys.readouterr().err == "error: pip-audit ended with 3: why\n"


def test_what_is_ignored_is_so_under_any_of_its_names_until_its_end(
    told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert audit.ignorable(ENTRY, TODAY) == {"GHSA-1"}
    with pytest.raises(ValueError, match="GHSA-1 was to be ignored until 2026-06-01"):
        audit.ignorable(ENTRY, TODAY + datetime.timedelta(days=1))

    monkeypatch.setattr(audit, "ignorable", lambda text, today: {"GHSA-1"})
    told.append(report(ResolvedDependency("flask", Version("2.0")), HOLE))
    assert audit.main([]) == 0


@pytest.mark.parametrize(
    "entry",
    [
        "- {id: GHSA-1, until: 2026-06-01}",
        "- {id: GHSA-1, reason: '', until: 2026-06-01}",
        "- {id: GHSA-1, reason: x, until: soon}",
    ],
)
def test_ignoring_takes_a_reason_and_an_end(entry: str) -> None:
    with pytest.raises(ValueError, match=r"GHSA-1|isoformat"):
        audit.ignorable(entry, TODAY)


def test_our_own_list_is_valid_today() -> None:
    audit.ignorable(audit.IGNORED.read_text(), datetime.datetime.now(datetime.UTC).date())
