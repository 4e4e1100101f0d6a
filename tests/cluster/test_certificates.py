"""The certificate job on the real API server, with the chart's own Roles and no other rights."""

import datetime
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from initsync.testing.client import APPLY
from initsync.testing.controlplane import ControlPlane
from injector.certs import issue
from tests.cluster.certificates import Installation, encoded

WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


@pytest.fixture
def installed(real_api: ControlPlane, tmp_path: Path) -> Iterator[Installation]:
    with Installation(real_api, tmp_path) as installation:
        yield installation


def steps(done: Any) -> list[str]:
    return list(json.loads(done.stdout)["steps"])


def test_the_first_run_makes_the_certificate_and_has_it_trusted(installed: Installation) -> None:
    done = installed.run("-o", "json")

    assert done.returncode == 0, done.stderr
    assert steps(done) == ["install", "trust"]
    assert json.loads(done.stdout)["complete"]
    assert installed.is_sound()
    assert installed.is_settled()
    assert installed.secret()["type"] == "kubernetes.io/tls"


def test_it_tells_each_step_in_one_line(installed: Installation) -> None:
    told = installed.run().stderr.splitlines()

    secret, webhook = installed.names.secret_title, installed.names.webhook_title
    assert told[:2] == [
        f"wrote a certificate to {secret}: there is none",
        f"wrote a caBundle of 1 CA certificate to every entry of {webhook}: "
        "not every one trusts the certificate's CA",
    ]
    assert told[2].startswith("nothing to do: the certificate is renewed from 20")


def test_a_second_run_writes_nothing(installed: Installation) -> None:
    installed.run()
    before = installed.secret(), installed.webhook()

    done = installed.run("-o", "json")

    assert steps(done) == []
    assert (installed.secret(), installed.webhook()) == before


def test_a_dry_run_says_what_comes_and_writes_nothing(installed: Installation) -> None:
    done = installed.run("--dry-run")

    title = installed.names.secret_title
    said = f"dry run, the next step is to write a certificate to {title}: there is none\n"
    assert (done.returncode, done.stderr) == (0, said)
    assert installed.secret()["code"] == 404


def test_a_renewal_changes_certificate_and_ca(installed: Installation) -> None:
    installed.run()
    old = installed.data("tls.crt"), installed.data("ca.crt")
    installed.ask_for_renewal()

    done = installed.run("-o", "json")

    assert steps(done) == ["issue", "trust", "serve", "drop"]
    assert installed.is_sound()
    assert installed.is_settled()
    assert {installed.data("tls.crt"), installed.data("ca.crt")}.isdisjoint(old)


def test_a_wait_that_is_too_long_for_a_run_is_left_to_the_next(installed: Installation) -> None:
    installed.run()
    installed.ask_for_renewal()

    first = installed.run("-o", "json", "--reload-seconds=600")
    second = installed.run("-o", "json")

    assert json.loads(first.stdout)["complete"] is False
    # It began to wait a moment before it says so.
    assert re.search(r"the rest is for a later run: wait (600|59\d) s: every replica", first.stderr)
    assert installed.bundles()[0].count("BEGIN CERTIFICATE") == 1
    assert (steps(first), steps(second)) == (["issue", "trust", "serve"], ["drop"])


def test_the_secret_goes_with_the_service(installed: Installation) -> None:
    installed.run()
    (service,) = installed.shipped("service")
    uid = installed.api.get(service)["metadata"]["uid"]

    (owner,) = installed.secret()["metadata"]["ownerReferences"]

    assert owner == {"apiVersion": "v1", "kind": "Service", "name": installed.name, "uid": uid}


def spoil(installed: Installation, how: str) -> dict[str, str]:
    """A part of the Secret's data."""
    now = datetime.datetime.now(datetime.UTC)
    other = issue.issue(installed.names.hosts, now, 365)
    expired = issue.issue(installed.names.hosts, now - datetime.timedelta(days=9), 5)
    parts = {
        "a key of another certificate": {"tls.key": other.key},
        "no certificate": {"tls.crt": b"none"},
        "nothing": {"tls.crt": b"", "tls.key": b"", "ca.crt": b""},
        "a CA of another": {"ca.crt": other.ca},
        "an expired one": {
            "tls.crt": expired.certificate,
            "tls.key": expired.key,
            "ca.crt": expired.ca,
        },
    }[how]
    return encoded(parts)


@pytest.mark.parametrize(
    "how",
    [
        "a key of another certificate",
        "no certificate",
        "nothing",
        "a CA of another",
        "an expired one",
    ],
)
def test_a_damaged_secret_is_repaired(installed: Installation, how: str) -> None:
    installed.run()
    installed.change_secret({"data": spoil(installed, how)})

    done = installed.run("-o", "json")

    assert steps(done) == ["issue", "trust", "serve", "drop"], done.stderr
    assert installed.is_sound()
    assert installed.is_settled()


def test_a_secret_that_was_deleted_comes_back(installed: Installation) -> None:
    installed.run()
    installed.api.request("DELETE", installed.secret_path)

    done = installed.run("-o", "json")

    assert steps(done) == ["issue", "trust", "serve", "drop"]
    assert installed.is_sound()


def test_a_webhook_configuration_that_was_made_anew_is_trusted_again(
    installed: Installation,
) -> None:
    installed.run()
    installed.unregister()
    installed.register()

    done = installed.run("-o", "json")

    assert steps(done) == ["trust"]
    assert installed.is_settled()


def test_who_applies_the_configuration_again_does_not_take_the_bundle_away(
    installed: Installation,
) -> None:
    """As Flux, Helm 4 and `kubectl apply --server-side` do: nobody else owns that field."""
    installed.run()
    (document,) = installed.shipped("mutatingwebhookconfiguration")

    for manager in ("flux", "helm"):
        path = f"{WEBHOOKS}/{installed.name}?fieldManager={manager}&force=true"
        assert installed.api.request("PATCH", path, document, APPLY).status == 200

    assert steps(installed.run("-o", "json")) == []
    assert installed.is_settled()


def test_one_that_stays_leaves_a_wait_to_its_next_look(installed: Installation) -> None:
    """While it waited it would see nothing."""
    installed.run()
    installed.ask_for_renewal()

    result = installed.job(interval=0.5).run()

    assert result.steps == ("issue", "trust")
    assert "the rest is for a later run: wait 1 s: every API server must know" in result.sentence


def test_one_that_stays_sees_at_its_next_look_that_the_bundle_was_taken_away(
    installed: Installation,
) -> None:
    installed.run()
    slept: list[float] = []

    def somebody_replaces_it(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            installed.unregister()
            installed.register()

    staying = installed.job(sleep=somebody_replaces_it, interval=5)
    staying.run()
    staying.await_change(60)

    assert slept == [5] * 3
    assert installed.job(interval=5).run().steps == ("trust",)
    assert installed.is_settled()


def test_one_that_stays_looks_at_all_of_it_now_and_then(installed: Installation) -> None:
    installed.run()
    slept: list[float] = []
    staying = installed.job(sleep=slept.append, interval=5)
    staying.run()

    staying.await_change(60)

    assert slept == [5] * 12


def test_a_dry_run_does_not_stay(installed: Installation) -> None:
    done = installed.run("--interval-seconds=5", "--dry-run")

    assert done.returncode == 2
    assert "--interval-seconds is for --secret, without --dry-run" in done.stderr
