"""What the objects say, whose they are, and the patches of them."""

import base64
import datetime
from typing import Any

import pytest

from initsync.words.errors import ForeignObject
from injector.certs import issue, patches, stored
from injector.certs.pair import examined
from injector.certs.rotation import State, Step
from injector.certs.stored import Names

NOW = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
HOST = "jasm-injector.jasm-system.svc"
NAMES = Names("jasm-system", "jasm-injector-tls", "jasm-injector", "jasm-injector", (HOST,))
OLD, NEW = (issue.issue([HOST], NOW, 90) for _ in range(2))
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


def state(registered: dict[str, Any], held: dict[str, Any] | None) -> State:
    """Where no Service is asked for."""
    return stored.state(registered, held, None, NAMES)


def test_what_is_stored_is_read() -> None:
    both = OLD.ca + NEW.ca

    found = state(webhook(both, OLD.ca), secret())

    assert found.trusted == ((OLD.ca.decode(), NEW.ca.decode()), (OLD.ca.decode(),))
    assert (found.current, found.next) == (OLD, None)
    assert not found.malformed


def test_without_a_secret_nothing_is_served() -> None:
    assert state(webhook(), None).current is None


def test_more_than_certificates_in_a_bundle_is_noticed() -> None:
    assert state(webhook(OLD.ca + b"junk"), secret()).malformed


def written(manager: str, day: int, **fields: Any) -> dict[str, Any]:
    time = f"2026-11-{day:02}T00:00:00Z"
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": fields}


LABEL: dict[str, Any] = {"f:metadata": {"f:labels": {"f:mine": {}}}}
DATA: dict[str, Any] = {"f:data": {".": {}, "f:tls.crt": {}}}
BUNDLE: dict[str, Any] = {"f:webhooks": {'k:{"name":"a"}': {"f:clientConfig": {"f:caBundle": {}}}}}
RULES: dict[str, Any] = {
    "f:webhooks": {".": {}, 'k:{"name":"a"}': {"f:rules": {}, "f:clientConfig": {}}}
}


@pytest.mark.parametrize(
    ("entries", "day"),
    [
        ([written("jasm-certs", 7, **DATA), written("kubectl", 20, **LABEL)], 7),
        ([written("jasm-certs", 7, **DATA), written("kubectl", 20, **DATA)], 20),
        ([written("jasm-certs", 7, **DATA), written("flux", 8, **{"f:stringData": {}})], 8),
        ([written("jasm-certs", 7, **LABEL), written("velero", 6, **DATA)], 6),
        ([written("kubectl", 20, **LABEL)], 20),
        ([], 2),
    ],
    ids=["labelled since", "replaced since", "applied since", "restored", "unknown", "nothing"],
)
def test_a_secret_is_as_old_as_the_last_write_of_its_data_whosever(
    entries: list[dict[str, Any]], day: int
) -> None:
    found = state(webhook(), secret(metadata={"labels": MANAGED, "managedFields": entries}))

    assert found.current_since.day == day


@pytest.mark.parametrize(
    ("entries", "day"),
    [
        ([written("jasm-certs", 7, **BUNDLE), written("helm", 20, **RULES)], 7),
        ([written("jasm-certs", 7, **BUNDLE), written("kubectl", 20, **BUNDLE)], 20),
        ([written("helm", 20, **RULES)], 20),
        ([], 1),
    ],
)
def test_a_configuration_is_as_old_as_the_last_write_of_a_bundle_of_it_whosever(
    entries: list[dict[str, Any]], day: int
) -> None:
    assert state(webhook(managedFields=entries), None).trusted_since.day == day


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
        state(*FOREIGN[sentence])

    assert str(raised.value) == sentence
    assert raised.value.exit_code == 3


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://127.0.0.1:8443/mutate", "127.0.0.1"),
        ("https://[FD00:0::1]:8443/mutate", "fd00::1"),
        ("https://Injector.Example.org/mutate", "injector.example.org"),
    ],
)
def test_a_webhook_at_a_url_is_known_by_its_host(url: str, host: str) -> None:
    names = NAMES._replace(hosts=(host,))

    found = stored.state(webhook(client={"url": url}), None, None, names)

    assert found.trusted == ((),)


def test_the_caBundle_of_every_entry_is_patched_by_its_name_and_nothing_else() -> None:
    patch = patches.webhook_patch(webhook(b"", b"", b""), Step("trust", "", ("a", "b")), "now")

    assert [entry["name"] for entry in patch["webhooks"]] == ["0.example", "1.example", "2.example"]
    assert {str(entry["clientConfig"]) for entry in patch["webhooks"]} == {
        str({"caBundle": encoded(b"ab")})
    }
    assert patch["metadata"]["resourceVersion"] == "7"


def test_to_serve_the_next_pair_is_one_patch_that_moves_it() -> None:
    held = secret()
    held["data"] |= {"next-ca.crt": encoded(NEW.ca), "next.crt": encoded(NEW.certificate)}
    held["data"] |= {"next.key": encoded(NEW.key)}
    found = state(webhook(), held)

    patch = patches.secret_patch(held, found, Step("serve", ""), OLD, "now")

    assert patch["data"] == {
        "ca.crt": encoded(NEW.ca),
        "tls.crt": encoded(NEW.certificate),
        "tls.key": encoded(NEW.key),
        "next-ca.crt": None,
        "next.crt": None,
        "next.key": None,
    }
    assert patch["metadata"]["resourceVersion"] == "9"


def test_to_date_a_secret_anew_is_to_write_all_of_it_otherwise() -> None:
    """The API server dates what changes: so its date is the job's own, whoever wrote it before."""
    held = secret()
    found = state(webhook(), held)

    for _ in range(3):
        patch = patches.secret_patch(held, found, Step("date", ""), NEW, "now")
        again = held | {"data": patch["data"]}
        found_again = state(webhook(), again)

        assert all(patch["data"][name] != value for name, value in held["data"].items())
        assert examined(found_again.current or NEW, NOW) == examined(OLD, NOW)
        held, found = again, found_again


def owned_by(*uids: str) -> dict[str, Any]:
    reference = {"apiVersion": "v1", "kind": "Service", "name": "jasm-injector"}
    owners = [reference | {"uid": uid} for uid in uids]
    return secret(metadata={"labels": MANAGED, "ownerReferences": owners, "resourceVersion": "9"})


@pytest.mark.parametrize(("uids", "owned"), [([], False), (["old"], False), (["old", "new"], True)])
def test_a_secret_goes_with_the_service_as_it_is_now(uids: list[str], owned: bool) -> None:
    """One that was handed over has no owner, and one of a Service that was made anew has none any
    more."""
    service = {"metadata": {"name": "jasm-injector", "uid": "new"}}

    found = stored.state(webhook(), owned_by(*uids), service, NAMES)
    patch = patches.owner_patch(owned_by(*uids), service)

    assert found.owned == owned
    assert patch["metadata"] == {
        "resourceVersion": "9",
        "ownerReferences": [
            {"apiVersion": "v1", "kind": "Service", "name": "jasm-injector", "uid": "new"}
        ],
    }


def test_a_lost_secret_comes_back_without_a_certificate_until_its_ca_is_trusted() -> None:
    owner = {"metadata": {"name": "jasm-injector", "uid": "u"}}

    made = patches.new_secret(NEW, Step("issue", ""), NAMES, owner, "now")

    assert made["data"]["tls.crt"] == made["data"]["tls.key"] == ""
    assert made["data"]["next.crt"] == encoded(NEW.certificate)
    assert made["metadata"]["ownerReferences"] == [
        {"apiVersion": "v1", "kind": "Service", "name": "jasm-injector", "uid": "u"}
    ]
