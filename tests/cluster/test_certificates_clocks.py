"""The certificate job under wrong clocks, and by what time it takes the age of what is stored."""

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from initsync.testing.client import APPLY
from initsync.testing.controlplane import ControlPlane
from injector.certs import issue
from injector.certs.pair import Pair, authorities
from tests.cluster.certificate_stores import Yesterday, shifted
from tests.cluster.certificates import QUICK, Installation, encoded

LONG = QUICK._replace(reload_seconds=600)


@pytest.fixture
def installed(real_api: ControlPlane, tmp_path: Path) -> Iterator[Installation]:
    with Installation(real_api, tmp_path) as installation:
        yield installation


@pytest.mark.parametrize("days", [-4000, -400, -1, 1, 300, 4000])
def test_after_a_clock_that_jumped_all_is_well_again(installed: Installation, days: int) -> None:
    """A run meanwhile may renew; the next one under the right clock sets it right."""
    installed.job().run()

    installed.job(shifted(datetime.timedelta(days=days))).run()
    done = installed.job().run()

    assert done.complete
    assert installed.is_sound()
    assert installed.is_settled()
    assert installed.job().run().steps == ()


BEHIND = datetime.timedelta(minutes=-30)


def patched(installed: Installation) -> None:
    """As by `kubectl patch`."""
    installed.change_secret({"data": encoded(fresh(installed))})


def applied(installed: Installation) -> None:
    """As by `kubectl apply --server-side --force-conflicts`."""
    text = {name: value.decode() for name, value in fresh(installed).items()}
    metadata = {"name": installed.names.secret, "namespace": installed.namespace}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": text}
    target = f"{installed.secret_path}?fieldManager=kubectl&force=true"
    installed.api.request("PATCH", target, secret, APPLY)


def fresh(installed: Installation) -> dict[str, bytes]:
    """A pair by a person, as the Secret has it."""
    made: Pair = issue.issue(installed.names.hosts, datetime.datetime.now(datetime.UTC), 300)
    return {"ca.crt": made.ca, "tls.crt": made.certificate, "tls.key": made.key}


@pytest.mark.parametrize("put", [patched, applied])
def test_a_pair_that_a_person_puts_in_gets_the_time_that_replicas_need(
    installed: Installation, put: Callable[[Installation], None]
) -> None:
    """However long ago the job itself wrote: they may be serving by the one before."""
    installed.job().run()
    put(installed)

    done = installed.job(Yesterday, LONG).run()

    assert done.steps == ("trust",)
    assert "every replica must serve the new certificate first" in done.sentence
    assert [len(authorities(it.encode())) for it in installed.bundles()] == [2, 2, 2]
    assert installed.job().run().steps == ("drop",)
    assert installed.is_settled()


def test_a_label_of_a_person_holds_nothing_up(installed: Installation) -> None:
    installed.job().run()
    installed.ask_for_renewal()
    assert not installed.job(rules=LONG).run().complete
    installed.change_secret({"metadata": {"labels": {"mine": "too"}}})

    assert installed.job(Yesterday, LONG).run().steps == ("drop",)


def test_a_pair_that_a_person_put_in_under_a_clock_that_was_ahead(
    installed: Installation,
) -> None:
    """A write that changes nothing would not change that date, however often."""
    installed.job().run()
    behind = shifted(BEHIND)
    patched(installed)

    done = installed.job(behind).run()

    assert done.steps == ("trust", "date", "drop")
    assert installed.is_sound()
    assert installed.is_settled()


def test_a_bundle_that_a_person_wrote_under_a_clock_that_was_ahead(
    installed: Installation,
) -> None:
    installed.job().run()
    installed.ask_for_renewal()
    assert installed.job(rules=QUICK._replace(trust_seconds=600)).run().steps[-1] == "trust"
    behind = shifted(BEHIND)
    installed.change_bundles("".join(reversed(authorities(installed.bundles()[0].encode()))))

    done = installed.job(behind).run()

    assert done.steps == ("trust", "serve", "drop")
    assert installed.is_settled()
