"""Known vulnerabilities of all that is locked: `python -m deploy.audit [--required]`.

pip-audit (https://github.com/pypa/pip-audit) asks the package index for its advisories. Where that
does not answer, or not for all packages, the last line says so; with --required that is a failure.
Exit codes: 0 nothing found, 1 something found, or an entry of audit-ignore.yaml has ended, 2 not
asked.
"""

import datetime
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[1]
IGNORED = Path(__file__).with_name("audit-ignore.yaml")
_COMMAND = (sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes")
_OUTPUT = ("--format=json", "--progress-spinner=off")
_TIMEOUT = 600  # seconds
ALONE = ("ministack.txt", "openbao.txt", "oracles.txt")
"""Locks of what only tests ask, in environments of their own."""
_NOTHING = "nothing was looked up"
_UNREACHABLE = re.compile(
    r"requests\.exceptions\.\w+|ConnectionError|[Cc]ould not connect|timed out"
)


class Unanswered(Exception):
    """The package index gave no advisories; the text says why."""


class Finding(NamedTuple):
    """One vulnerability of one package that is locked."""

    package: str
    version: str
    names: tuple[str, ...]
    """Its identifiers, the index's own first."""
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        fixed = f"fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "no fix yet"
        return f"{self.package} {self.version}: {' '.join(self.names)}, {fixed}"


def main(arguments: list[str]) -> int:
    """Print what was found, and then what was not looked up."""
    files = sorted((ROOT / "requirements").glob("*.txt"))
    unasked = 2 if "--required" in arguments else 0
    try:
        ignored = ignorable(IGNORED.read_text("utf-8"), datetime.datetime.now(datetime.UTC).date())
        told = merged(map(report, together(files)))
    except Unanswered as reason:
        print(f"{_NOTHING}: {reason}")
        return unasked
    except RuntimeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except ValueError as error:
        print(f"error: {IGNORED.name}: {error}", file=sys.stderr)
        return 1
    found = [one for one in findings(told) if not ignored & set(one.names)]
    for finding in found:
        print(finding)
    if missed := gap(told):
        print(missed)
    else:
        print(f"{len(found)} known vulnerabilities in {len(files)} requirement files")
    return 1 if found else unasked if missed else 0


def together(files: list[Path]) -> list[list[Path]]:
    """Those that pip-audit may read at once: it refuses a package in two versions."""
    shared = [file for file in files if file.name not in ALONE]
    return [shared, *([file] for file in files if file.name in ALONE)]


def merged(reports: Iterable[str]) -> str:
    """One report of several, each package and version once."""
    every = [package for text in reports for package in json.loads(text)["dependencies"]]
    unique = {(package["name"], package.get("version")): package for package in every}
    return json.dumps({"dependencies": [*unique.values()]})


def report(files: list[Path], env: Mapping[str, str] | None = None) -> str:
    """pip-audit's JSON. Raises Unanswered, and RuntimeError where pip-audit itself fails."""
    options = [option for file in files for option in ("-r", str(file))]
    command = [*_COMMAND, *_OUTPUT, *options]
    try:
        done = subprocess.run(  # noqa: S603  # our own words, and names of our files
            command, capture_output=True, text=True, timeout=_TIMEOUT, env=env
        )
    except subprocess.TimeoutExpired:
        raise Unanswered(f"no answer within {_TIMEOUT} s") from None
    if done.stdout.startswith("{"):
        return done.stdout
    last = (done.stderr.strip().splitlines() or ["no output"])[-1]
    if cause := _UNREACHABLE.search(last):
        raise Unanswered(f"the package index is not reachable ({cause[0]})")
    raise RuntimeError(f"pip-audit ended with {done.returncode}: {last}")


def findings(text: str) -> list[Finding]:
    """What pip-audit's JSON tells of the packages that were looked up."""
    packages = json.loads(text)["dependencies"]
    return [_finding(package, one) for package in packages for one in package.get("vulns", ())]


def gap(text: str) -> str:
    """The sentence about packages that pip-audit's JSON leaves out; empty where none."""
    packages = json.loads(text)["dependencies"]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if not skipped:
        return ""
    known = "the package index has no advisories for"
    if len(skipped) == len(packages):
        return f"{_NOTHING}: {known} any of the {len(packages)} packages"
    counts = f"{len(skipped)} of {len(packages)} packages, such as {skipped[0]}"
    return f"not everything was looked up: {known} {counts}"


def _finding(package: dict[str, Any], one: dict[str, Any]) -> Finding:
    names = (one["id"], *one["aliases"])
    return Finding(package["name"], package["version"], names, tuple(one["fix_versions"]))


def ignorable(text: str, today: datetime.date) -> set[str]:
    """The identifiers in audit-ignore.yaml. Raises ValueError, also for one whose time is over."""
    entries = yaml.safe_load(text)
    for entry in entries:
        if set(entry) != {"id", "reason", "until"} or not entry["reason"]:
            raise ValueError(f"{entry} has not exactly id, reason and until")
        if datetime.date.fromisoformat(str(entry["until"])) < today:
            raise ValueError(f"{entry['id']} was to be ignored until {entry['until']}: look again")
    return {str(entry["id"]) for entry in entries}


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
