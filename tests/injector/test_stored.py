"""What the two objects say, whose they are, and the patches of them."""

import base64
import datetime
from typing import Any

import pytest

from initsync.errors import ForeignObject
from injector import certs, stored
from injector.rotation import Step
from injector.stored import Names

NOW = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
HOST = "jasm-injector.jasm-system.svc"
NAMES = Names("jasm-system", "jasm-injector-tls", "jasm-injector", "jasm-injector", (HOST,))
OLD, NEW = (certs.issue([HOST], NOW, 90) for _ in range(2))
JASM = {"app.kubernetes.io/name": "jasm"}
SERVICE = {"service": {"name": "jasm-injector", "namespace": "jasm-system"}}


def encoded(text: bytes) -> str:
    return base64.b64encode(text).decode()


def webhook(*bundles: bytes, client: Any = SERVICE, **metadata: Any) -> dict[str, Any]:
    entries = [
        {"name": f"{number}.example", "clientConfig": client | {"caBundle": encoded(bundle)}}
        for number, bundle in enumerate(bundles or (b"",))
    ]
    known = {"name": "jasm-injector", "resourceVersion": "7", "labels": JASM}
    known["creationTimestamp"] = "2026-11-01T00:00:00Z"
    return {"metadata": known | metadata, "webhooks": entries}


def secret(**fields: Any) -> dict[str, Any]:
    data = {"ca.crt": OLD.ca, "tls.crt": OLD.certificate, "tls.key": OLD.key}
    found: dict[str, Any] = {
        "metadata": {
            "name": "jasm-injector-tls",
            "resourceVersion": "9",
            "creationTimestamp": "2026-11-02T00:00:00Z",
            "labels": {"app.kubernetes.io/managed-by": "jasm-certs"},
            **fields.pop("metadata", {}),
        },
        "type": "kubernetes.io/tls",
        "data": {name: encoded(text) for name, text in data.items()},
    }
    return found | fields


def test_what_is_stored_is_read() -> None:
    both = OLD.ca + NEW.ca

    found = stored.state(webhook(both, OLD.ca), secret(), NAMES)

    assert found.trusted == ((OLD.ca.decode(), NEW.ca.decode()), (OLD.ca.decode(),))
    assert (found.current, found.next) == (OLD, None)
    assert not found.muddled


def test_without_a_secret_nothing_is_served() -> None:
    assert stored.state(webhook(), None, NAMES).current is None


def test_more_than_certificates_in_a_bundle_is_noticed() -> None:
    assert stored.state(webhook(OLD.ca + b"junk"), secret(), NAMES).muddled


def test_times_are_the_api_servers_own_of_our_last_write() -> None:
    written = [
        {"manager": "jasm-certs", "operation": "Apply", "time": "2026-11-09T00:00:00Z"},
        {"manager": "jasm-certs", "operation": "Update", "time": "2026-11-07T00:00:00Z"},
        {"manager": "kubectl-annotate", "operation": "Update", "time": "2026-11-20T00:00:00Z"},
    ]
    ours = stored.state(webhook(managedFields=written), secret(), NAMES)
    anybodys = stored.state(webhook(managedFields=written[2:]), secret(), NAMES)

    assert ours.trusted_since.day == 7
    assert anybodys.trusted_since.day == 20
    assert ours.current_since.day == 2, "its creation, where nothing else is known"


MANAGED = {"app.kubernetes.io/managed-by": "jasm-certs"}
FOREIGN: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "MutatingWebhookConfiguration jasm-injector has its CA from cert-manager (annotation "
    "cert-manager.io/inject-ca-from) and was left as it is: choose one of the two: in the chart "
    "certificates.mode is job or certManager": (
        webhook(annotations={"cert-manager.io/inject-ca-from": "jasm-system/jasm"}),
        None,
    ),
    "MutatingWebhookConfiguration jasm-injector has no label app.kubernetes.io/name: jasm and was "
    "left as it is: name JASM's own by --webhook, or give it that label": (
        webhook(labels={"app.kubernetes.io/name": "vault"}),
        None,
    ),
    "MutatingWebhookConfiguration jasm-injector calls jasm-injector.other.svc and was left as it "
    "is: name that of this installation by --webhook, or its names by --dns and --ip": (
        webhook(client={"service": {"name": "jasm-injector", "namespace": "other"}}),
        None,
    ),
    "Secret jasm-system/jasm-injector-tls is cert-manager's (annotation "
    "cert-manager.io/certificate-name) and was left as it is: choose one of the two: in the chart "
    "certificates.mode is job or certManager": (
        webhook(),
        secret(metadata={"annotations": {"cert-manager.io/certificate-name": "jasm"}}),
    ),
    "Secret jasm-system/jasm-injector-tls has no label app.kubernetes.io/managed-by and was left "
    "as it is: label it app.kubernetes.io/managed-by=jasm-certs to hand it over, or name another "
    "by --secret": (webhook(), secret(metadata={"labels": None})),
    "Secret jasm-system/jasm-injector-tls belongs to 'Helm' and was left as it is: label it "
    "app.kubernetes.io/managed-by=jasm-certs to hand it over, or name another by --secret": (
        webhook(),
        secret(metadata={"labels": {"app.kubernetes.io/managed-by": "Helm"}}),
    ),
    "Secret jasm-system/jasm-injector-tls belongs to Service jasm-blue-injector and was left as it "
    "is: name another by --secret": (
        webhook(),
        secret(
            metadata={
                "labels": MANAGED,
                "ownerReferences": [{"kind": "Service", "name": "jasm-blue-injector"}],
            }
        ),
    ),
    "Secret jasm-system/jasm-injector-tls is of type Opaque and was left as it is: delete it, or "
    "name another by --secret": (webhook(), secret(type="Opaque")),
    "Secret jasm-system/jasm-injector-tls is immutable and was left as it is: delete it, or name "
    "another by --secret": (webhook(), secret(immutable=True)),
}


@pytest.mark.parametrize("sentence", FOREIGN, ids=lambda text: text.partition(" and was")[0])
def test_what_is_not_this_installations_is_refused(sentence: str) -> None:
    with pytest.raises(ForeignObject) as raised:
        stored.state(*FOREIGN[sentence], NAMES)

    assert str(raised.value) == sentence
    assert raised.value.exit_code == 3


def test_a_webhook_at_a_url_is_known_by_its_host() -> None:
    names = NAMES._replace(hosts=("127.0.0.1",))

    stored.state(webhook(client={"url": "https://127.0.0.1:8443/mutate"}), None, names)


def test_the_caBundle_of_every_entry_is_patched_by_its_name_and_nothing_else() -> None:
    patch = stored.webhook_patch(webhook(b"", b"", b""), Step("trust", "", ("a", "b")), "now")

    assert [entry["name"] for entry in patch["webhooks"]] == ["0.example", "1.example", "2.example"]
    assert {str(entry["clientConfig"]) for entry in patch["webhooks"]} == {
        str({"caBundle": encoded(b"ab")})
    }
    assert patch["metadata"]["resourceVersion"] == "7"


def test_to_serve_the_next_pair_is_one_patch_that_moves_it() -> None:
    held = secret()
    held["data"] |= {"next-ca.crt": encoded(NEW.ca), "next.crt": encoded(NEW.certificate)}
    held["data"] |= {"next.key": encoded(NEW.key)}
    found = stored.state(webhook(), held, NAMES)

    patch = stored.secret_patch(held, found, Step("serve", ""), OLD, "now")

    assert patch["data"] == {
        "ca.crt": encoded(NEW.ca),
        "tls.crt": encoded(NEW.certificate),
        "tls.key": encoded(NEW.key),
        "next-ca.crt": None,
        "next.crt": None,
        "next.key": None,
    }
    assert patch["metadata"]["resourceVersion"] == "9"


def test_a_lost_secret_comes_back_without_a_certificate_until_its_ca_is_trusted() -> None:
    owner = {"metadata": {"name": "jasm-injector", "uid": "u"}}

    made = stored.new_secret(NEW, Step("issue", ""), NAMES, owner, "now")

    assert made["data"]["tls.crt"] == made["data"]["tls.key"] == ""
    assert made["data"]["next.crt"] == encoded(NEW.certificate)
    assert made["metadata"]["ownerReferences"] == [
        {"apiVersion": "v1", "kind": "Service", "name": "jasm-injector", "uid": "u"}
    ]
