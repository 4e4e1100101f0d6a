"""Reviews of many pods, made of one: as many kinds of pods as a cluster may restart at once.

The pods of one kind differ as those of a Deployment do: in their UIDs, and in the names that the
ReplicaSet and the ServiceAccount plugin make. All are equally long, so equally dear.
"""

import itertools
import json
from pathlib import Path

REVIEW = Path(__file__).with_name("webhook") / "review.json"
"""The golden pod `aws-webhook-ran-before-irsa` as kube-apiserver 1.37 asked about it."""
_UID = "2d1944f4-36f2-46d5-abce-f9fab8a16983"
_TOKEN = "kube-api-access-7nfgg"
_KIND = "/prod/db"


def write(target: Path, pods: int, kinds: int) -> Path:
    """One review a line, as API servers write JSON."""
    whole = json.loads(REVIEW.read_text(encoding="utf-8"))
    text = json.dumps(whole, separators=(",", ":"))
    made = itertools.starmap(_made, ((text, number, number % kinds) for number in range(pods)))
    target.write_text("\n".join(made), encoding="utf-8")
    return target


def _made(text: str, number: int, kind: int) -> str:
    return (
        text.replace(_UID, f"{number:08x}{_UID[8:]}")
        .replace(_TOKEN, f"kube-api-access-{number:05x}")
        .replace(_KIND, f"/prod/{kind:05x}")
    )
