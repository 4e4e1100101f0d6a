"""What is written into the objects, and no more than that: the patches of them."""

from typing import Any

import pytest

from injector.certs import patches, stored
from injector.certs.pair import examined
from injector.certs.rotation import Step
from tests.injector.certs.stored_objects import (
    MANAGED,
    NAMES,
    NEW,
    NOW,
    OLD,
    encoded,
    secret,
    state,
    webhook,
)


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
