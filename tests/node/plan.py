"""What `python -m tests.node` prepared, handed to the tests that it starts."""

from pathlib import Path
from typing import Any, NamedTuple

from initsync.testing.controlplane import Binaries

VARIABLE = "JASM_NODE_PLAN"


class Plan(NamedTuple):
    """Files, and the name of the node's cgroup."""

    binaries: Binaries
    programs: dict[str, Path]
    archives: list[Path]
    scratch: Path
    cgroup: str

    def as_json(self) -> dict[str, Any]:
        """For `from_json`."""
        return {
            "binaries": [str(file) for file in self.binaries],
            "programs": {name: str(file) for name, file in self.programs.items()},
            "archives": [str(file) for file in self.archives],
            "scratch": str(self.scratch),
            "cgroup": self.cgroup,
        }


def from_json(said: dict[str, Any]) -> Plan:
    """The plan again."""
    return Plan(
        Binaries(*(Path(file) for file in said["binaries"])),
        {name: Path(file) for name, file in said["programs"].items()},
        [Path(file) for file in said["archives"]],
        Path(said["scratch"]),
        said["cgroup"],
    )
