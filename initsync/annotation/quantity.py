"""Kubernetes quantities: compared, never computed with.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

import re
from decimal import Decimal
from typing import Any

_FORM = re.compile(
    r"([0-9]{1,18}\.?[0-9]{0,9}|\.[0-9]{1,9})([eE][+-]?[0-9]{1,2}|[numkMGTPE]|[KMGTPE]i)?"
)
_UNITS = {
    "": Decimal(1),
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", 1)},
    **{unit: Decimal(1000) ** -power for power, unit in enumerate("mun", 1)},
}


def value(quantity: Any) -> Decimal | None:
    """The number that a quantity stands for; None where it is none, or is below zero."""
    found = _FORM.fullmatch(str(quantity))
    if not found:
        return None
    number, unit = found.group(1), found.group(2) or ""
    if unit[:1] in ("e", "E") and len(unit) > 1 and unit != "Ei":
        return Decimal(number + unit)
    return Decimal(number) * _UNITS[unit]


def larger(first: str, second: str) -> str:
    """Whichever stands for more; the other where one is no quantity."""
    return second if (value(first) or 0) < (value(second) or 0) else first
