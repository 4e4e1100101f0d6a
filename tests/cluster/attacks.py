"""What the thief of a pod's token tries on Secrets, with the guard's answer to each."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from initsync.testing.client import MERGE, Answer
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.cluster.contract import secret
from tests.cluster.guard import MANAGED, Loot, managed

JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
TYPES = (
    "kubernetes.io/service-account-token",
    "kubernetes.io/dockercfg",
    "bootstrap.kubernetes.io/token",
    "helm.sh/release.v1",
    "example.org/own",
    "opaque",
)
"""All but those that a sync writes; of Kubernetes' own each."""
TYPE = "for Secrets of type Opaque, kubernetes.io/tls, "
LABEL = "only for Secrets that carry the label app.kubernetes.io/managed-by: caronte"
TAKEN = "not for taking over a Secret of others"
LABELS = "not for changing labels of a Secret other than JASM's own"
ANNOTATIONS = "not for changing annotations of a Secret other than JASM's own"
MANY = "not for Secrets with hundreds of labels and annotations"
MUCH = "not for Secrets with more than 64 KiB of annotations"
FINALIZERS = "not for changing the finalizers of a Secret"
OWNERS = "not for changing the ownerReferences of a Secret"
DELETION = "not for deleting Secrets"
OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "none"}
OF_OURS = f"{keys.PREFIX}x"
LABEL_PATH = "/metadata/labels/app.kubernetes.io~1managed-by"


class Attack(NamedTuple):
    """One request, and the guard's answer to it."""

    name: str
    sentence: str
    send: Callable[[Loot], Answer]
    verb: str = "patch"


def applying(name: str, sentence: str, body: JsonObject, manager: str = "jasm") -> Attack:
    return Attack(name, sentence, lambda loot: loot.thief.apply(body, manager))


def patching(name: str, sentence: str, target: str, patch: object, kind: str = MERGE) -> Attack:
    def send(loot: Loot) -> Answer:
        return loot.thief.client.request("PATCH", f"{loot.thief.path}/{target}", patch, kind)

    return Attack(name, sentence, send)


def putting(name: str, sentence: str, body: JsonObject) -> Attack:
    return Attack(name, sentence, lambda loot: loot.thief.put(body), "update")


def creating(name: str, sentence: str, body: JsonObject) -> Attack:
    return Attack(name, sentence, lambda loot: loot.thief.create(body), "create")


def deleting(name: str, target: str, verb: str = "delete") -> Attack:
    def send(loot: Loot) -> Answer:
        return loot.thief.client.request("DELETE", loot.thief.path + target)

    return Attack(name, DELETION, send, verb)


def of_type(kind: str) -> JsonObject:
    """Valid for its type, so that nothing but the guard is in its way."""
    data = {
        "kubernetes.io/dockerconfigjson": {".dockerconfigjson": "e30="},
        "kubernetes.io/dockercfg": {".dockercfg": "e30="},
        "kubernetes.io/basic-auth": {"username": "eA=="},
        "kubernetes.io/ssh-auth": {"ssh-privatekey": "eA=="},
        "kubernetes.io/tls": {"tls.crt": "", "tls.key": ""},
    }
    body = managed("fresh") | {"type": kind, "data": data.get(kind, {})}
    if kind == "kubernetes.io/service-account-token":
        body["metadata"]["annotations"] = {"kubernetes.io/service-account.name": "default"}
    return body


def on_what_others_put(target: str, **with_it: JsonObject) -> Iterator[Attack]:
    """Each part of it changed or removed; `with_it`: what else the patch has of that part."""
    parts = {"labels": ("team", LABELS), "annotations": ("note", ANNOTATIONS)}
    for part, (key, sentence) in parts.items():
        for name, value in {"change": "other", "remove": None}.items():
            metadata: JsonObject = {**with_it, part: {**with_it.get(part, {}), key: value}}
            said = f"{sentence}: {key};"
            yield patching(f"{name} {part} of others", said, target, {"metadata": metadata})
    for part, sentence in {"finalizers": FINALIZERS, "ownerReferences": OWNERS}.items():
        metadata = {**with_it, part: None}
        yield patching(f"remove {part} of others", sentence, target, {"metadata": metadata})


TYPED = [
    *(applying(f"apply {kind}", TYPE, of_type(kind)) for kind in TYPES),
    *(creating(f"create {kind}", TYPE, of_type(kind)) for kind in TYPES),
]
FOREIGN = [
    applying("apply over it", TAKEN, managed("theirs")),
    applying("apply over one that is kept", TAKEN, managed("kept")),
    applying("apply without a label", LABEL, secret("theirs", {"password": "pl4nted"})),
    applying("apply as another manager", TAKEN, managed("theirs"), manager="kubectl"),
    applying("apply the hand-over too", TAKEN, managed("theirs", annotations={keys.ADOPT: "true"})),
    patching("merge", LABEL, "theirs", {"data": {"password": "eA=="}}),
    patching("merge the label", TAKEN, "theirs", {"metadata": {"labels": MANAGED}}),
    patching(
        "strategic merge", TAKEN, "theirs", {"metadata": {"labels": MANAGED}, "data": {}}, STRATEGIC
    ),
    patching(
        "add the label by JSON patch",
        TAKEN,
        "theirs",
        [{"op": "add", "path": LABEL_PATH, "value": "caronte"}],
        JSON_PATCH,
    ),
    patching(
        "hand it over to oneself",
        LABEL,
        "theirs",
        {"metadata": {"annotations": {keys.ADOPT: "true"}}},
    ),
    putting("update", LABEL, secret("theirs", {"password": "pl4nted"})),
    putting("update with the label", TAKEN, managed("theirs")),
    deleting("delete", "/theirs"),
]
OWN = [
    applying("strip the label by apply", LABEL, secret("db")),
    patching("strip the label by merge", LABEL, "db", {"metadata": {"labels": None}}),
    patching(
        "strip the label by JSON patch",
        LABEL,
        "db",
        [{"op": "remove", "path": LABEL_PATH}],
        JSON_PATCH,
    ),
    putting("strip the label by update", LABEL, secret("db")),
    applying("give it away", LABEL, managed("db", labels={keys.MANAGED_BY: "Helm"})),
    applying(
        "keep it for ever", "not for making a Secret immutable", managed("db") | {"immutable": True}
    ),
    applying("block its deletion", FINALIZERS, managed("db", finalizers=["x.example/never"])),
    applying("have it collected", OWNERS, managed("db", ownerReferences=[OWNER])),
    applying(
        "make Argo CD trust it",
        LABELS,
        managed("fresh", labels=MANAGED | {"argocd.argoproj.io/secret-type": "cluster"}),
    ),
    applying(
        "copy it elsewhere",
        ANNOTATIONS,
        managed(
            "db", annotations={"reflector.v1.k8s.emberstack.com/reflection-auto-enabled": "true"}
        ),
    ),
    applying(
        "claim a ServiceAccount",
        ANNOTATIONS,
        managed("db", annotations={"kubernetes.io/service-account.name": "default"}),
    ),
    applying("hand it on", ANNOTATIONS, managed("db", annotations={keys.ADOPT: "true"})),
    applying("hand it on by label", LABELS, managed("db", labels=MANAGED | {keys.ADOPT: "true"})),
    applying("hand on a new one", ANNOTATIONS, managed("fresh", annotations={keys.ADOPT: "true"})),
    applying("make one that stays", FINALIZERS, managed("fresh", finalizers=["x.example/never"])),
    applying("make one that goes", OWNERS, managed("fresh", ownerReferences=[OWNER])),
    *on_what_others_put("db"),
    applying(
        "keep the API server busy",
        MANY,
        managed("db", annotations={f"{keys.PREFIX}{number}": "" for number in range(5_000)}),
    ),
    applying(
        "leave no room for another name",
        MANY,
        managed("db", annotations={f"{keys.PREFIX}{number}": "" for number in range(550)}),
    ),
    applying("fill its annotations", MUCH, managed("db", annotations={OF_OURS: "y" * 66_000})),
    applying("fill them in bytes", MUCH, managed("db", annotations={OF_OURS: "é" * 33_000})),
    applying(
        "fill them by names",
        MUCH,
        managed(
            "db", annotations={f"{keys.PREFIX}{number:063}": "y" * 60 for number in range(480)}
        ),
    ),
    creating("create without the label", LABEL, secret("fresh")),
    creating("create without a name", LABEL, {"metadata": {"generateName": "x-"}}),
    deleting("delete", "/db"),
    deleting("delete many", "", "deletecollection"),
    deleting(
        "delete the labelled", f"?labelSelector={keys.MANAGED_BY}=caronte", "deletecollection"
    ),
]
ADOPTED = [
    patching("take the hand-over back", LABEL, "adopted", {"metadata": {"annotations": None}}),
    applying("without the label", LABEL, secret("adopted")),
    applying("with more labels", LABELS, managed("adopted", labels=MANAGED | {"x": "y"})),
    patching(
        "and end it",
        ANNOTATIONS,
        "adopted",
        {"metadata": {"labels": MANAGED, "annotations": {keys.ADOPT: None}}},
    ),
    *on_what_others_put("adopted", labels=MANAGED),
]
