"""`make manifests`: write what is made from the chart."""

import os
import sys
import tempfile
from pathlib import Path

from initsync.cli.progress import Progress
from initsync.testing.controlplane.progress import Failed
from initsync.testing.controlplane.toolchain import MissingToolchain
from tests.chart import generated
from tests.chart.helm import ROOT, Helm, HelmFailed, find_or_build


def main() -> int:
    """The exit code: 2 where Helm can neither be found nor built."""
    try:
        program = find_or_build(os.environ, Progress(sys.stderr))
    except (MissingToolchain, Failed) as error:
        print(f"Helm is missing: {error}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as home:
        return _write(Helm(program, Path(home)))


def _write(helm: Helm) -> int:
    try:
        texts = generated.files(helm)
    except HelmFailed as error:
        print(error, file=sys.stderr)
        return 1
    for file in generated.outdated(texts):
        if file in texts:
            file.write_text(texts[file], encoding="utf-8")
        else:
            file.unlink()
        print(f"{'wrote' if file in texts else 'removed'} {file.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
