"""What the objects say, and whose they are."""

from typing import Any

import pytest

from initsync.words.errors import ForeignObject
from injector.certs import stored
from tests.injector.certs.stored_objects import MANAGED, NAMES, NEW, OLD, secret, state, webhook


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
