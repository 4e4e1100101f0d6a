"""Write the expected pods anew: `python -m tests.golden.update`, then read the diff.

Not part of the suite: an expectation that writes itself would hold nothing.
"""

import jsonpatch
import yaml

from initsync.injection.patch import inject
from tests.golden.settings import settings_of
from tests.places import GOLDEN


class Dumper(yaml.SafeDumper):
    """Block text for what has lines, and no aliases: a pod as people write it."""

    def ignore_aliases(self, data: object) -> bool:
        """Never share nodes."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Dumper.add_representer(str, _text)

if __name__ == "__main__":
    for source in sorted(GOLDEN.glob("*.pod.yaml")):
        pod = yaml.safe_load(source.read_text())
        done = inject(pod, "shop", settings_of(source.name))
        result = {
            "skipped": done.skipped,
            "warnings": done.warnings,
            "pod": jsonpatch.apply_patch(pod, done.operations),
        }
        expected = source.with_name(source.name.replace(".pod.", ".expected."))
        expected.write_text(yaml.dump(result, Dumper=Dumper, sort_keys=False, width=100))
