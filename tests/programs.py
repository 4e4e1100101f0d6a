"""`python -m tests.programs TIER`: have built what that tier's tests run, before they do.

Within a test, minutes of building would be a test that hangs. CLUSTER=skip, HELM=skip,
ORACLES=skip and OPENBAO=skip leave out what the tests that they leave out would need.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from initsync.cli.progress import Progress
from initsync.testing.controlplane import binaries
from initsync.testing.controlplane.gobuild import Part, found
from initsync.testing.controlplane.progress import Failed
from initsync.testing.controlplane.toolchain import MissingToolchain
from tests import oracles
from tests.bench import gobuild
from tests.chart import helm
from tests.initsync.providers.aws import ministack
from tests.openbao import program as openbao

_TESTS = Path(__file__).parent
_ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint"
ACTIONLINT = Part("actionlint", _ACTIONLINT, _TESTS / "workflows/go", "actionlint-1.7.12")
_HCL = _TESTS / "terraform/go"
HCL = Part("hcl", ".", _HCL, f"terraform-{gobuild.key(_HCL)}")
KUBECTL = binaries.part("kubectl")
CONTROLLERS = binaries.part("kube-controller-manager")
Build = Callable[[Mapping[str, str], Progress], object]


def main(tier: str) -> int:
    """The exit code: 2 where a program can neither be found nor built."""
    progress = Progress(sys.stderr)
    for switch, build in TIERS[tier]:
        if os.environ.get(switch) == "skip":
            continue
        try:
            build(os.environ, progress)
        except (MissingToolchain, Failed) as error:
            instead = f"; or leave its tests out with {switch}=skip" if switch else ""
            print(f"a program that tests run is missing: {error}{instead}", file=sys.stderr)
            return 2
    return 0


def of(part: Part) -> Path:
    """The program, built if need be: by then only where tests are started by hand."""
    try:
        return found(part, os.environ, Progress(sys.__stderr__ or sys.stderr))
    except (MissingToolchain, Failed) as error:
        pytest.skip(f"no {part.name}: {error}")


def _built(part: Part) -> Build:
    return lambda env, progress: found(part, env, progress)


_OURS = ("HELM", helm.find_or_build)
_OPENBAO = (openbao.SWITCH, openbao.find_or_install)
TIERS: dict[str, list[tuple[str, Build]]] = {
    "unit": [
        *(_OURS, _OPENBAO, ("ORACLES", oracles.CLIENTS.find_or_build)),
        ("ORACLES", ministack.SERVER.find_or_build),
        *(("", _built(ACTIONLINT)), ("", _built(HCL))),
    ],
    "cluster": [
        *(_OURS, ("HELM", helm.build_4), _OPENBAO),
        *(("CLUSTER", binaries.find_or_build), ("CLUSTER", _built(KUBECTL))),
        ("CLUSTER", _built(CONTROLLERS)),
    ],
}

if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit(130)
