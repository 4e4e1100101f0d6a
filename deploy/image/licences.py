"""The licence of an installed Python package, as an SPDX expression.

From its metadata (https://peps.python.org/pep-0639/); packages that are older than the field
`License-Expression` say it in words, of which those that our packages use are known here.
"""

from importlib.metadata import Distribution

_FIELDS = ("License-Expression", "License")
_IN_WORDS = {
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "mit license": "MIT",
}
# "Dual License", says its metadata; its file LICENSE says which.
_IN_ITS_FILE = {"python-dateutil": "Apache-2.0 OR BSD-3-Clause"}


def of(package: Distribution) -> str:
    """SPDX; where the metadata says none, whatever it says, or `unknown`."""
    said = [package.metadata[name] for name in _FIELDS if name in package.metadata]
    first = (said or ["unknown"])[0].strip().partition("\n")[0]
    return _IN_ITS_FILE.get(package.name.lower()) or _IN_WORDS.get(first.lower(), first)
