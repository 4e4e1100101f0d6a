"""What a stored certificate is good for, and what is wrong with one."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.certs import issue
from injector.certs.pair import Pair, Unusable, authorities, examined, in_force

NOW = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
HOSTS = ("jasm-injector.jasm-system.svc", "127.0.0.1", "fd00::1")
GOOD, OTHER = (issue.issue(HOSTS, NOW, 30) for _ in range(2))
SPOILT = {
    "tls.crt is no certificate": Pair(GOOD.ca, b"none", GOOD.key),
    "ca.crt is no certificate": Pair(b"", GOOD.certificate, GOOD.key),
    "tls.key is no key": Pair(GOOD.ca, GOOD.certificate, GOOD.key[:50]),
    "tls.key belongs to another certificate": Pair(GOOD.ca, GOOD.certificate, OTHER.key),
    "ca.crt did not sign tls.crt": Pair(OTHER.ca, GOOD.certificate, GOOD.key),
}


def test_a_good_one_says_for_whom_and_until_when_it_is() -> None:
    facts = examined(GOOD, NOW)

    assert facts.hosts == frozenset(HOSTS)
    assert facts.ca == GOOD.ca.decode()
    assert (facts.begins, facts.ends) == (NOW - DAY / 24, NOW + 30 * DAY)


def test_it_lacks_no_name_that_it_has_in_another_form() -> None:
    made = issue.issue(["Injector.Example.org", "FD00:0:0::1"], NOW, 30)

    assert examined(made, NOW).lacks(["injector.example.org", "fd00::1"]) == []
    assert examined(made, NOW).lacks(["fd00::2"]) == ["fd00::2"]


def test_it_is_renewed_at_two_thirds_of_its_life() -> None:
    facts = examined(GOOD, NOW)

    assert facts.renewal - facts.begins == (facts.ends - facts.begins) * 2 / 3


@pytest.mark.parametrize("problem", SPOILT)
def test_a_bad_one_says_what_is_wrong(problem: str) -> None:
    with pytest.raises(Unusable) as raised:
        examined(SPOILT[problem], NOW)

    assert str(raised.value) == problem


@pytest.mark.parametrize(
    ("moment", "problem"),
    [
        (NOW + 30 * DAY, "it ended at 2026-12-23T12:00:00Z"),
        (NOW - DAY, "it begins only at 2026-11-23T11:00:00Z"),
    ],
)
def test_outside_of_its_time_it_is_no_good(moment: datetime.datetime, problem: str) -> None:
    with pytest.raises(Unusable, match=problem):
        examined(GOOD, moment)


@given(st.binary(), st.binary(), st.binary())
def test_whatever_is_stored_is_told_and_never_a_crash(ca: bytes, crt: bytes, key: bytes) -> None:
    for pair in (Pair(ca, crt, key), Pair(GOOD.ca, crt, GOOD.key), Pair(GOOD.ca, GOOD.ca, key)):
        with pytest.raises(Unusable):
            examined(pair, NOW)


def test_a_bundle_gives_each_certificate_once_and_leaves_out_what_is_none() -> None:
    broken = GOOD.ca.replace(b"MII", b"???")
    bundle = b"# mine\n" + GOOD.ca + broken + OTHER.ca + GOOD.ca + b"the end"

    assert authorities(bundle) == [GOOD.ca.decode(), OTHER.ca.decode()]


def test_a_ca_is_in_force_from_its_beginning_to_its_end() -> None:
    ca = GOOD.ca.decode()

    moments = (NOW - DAY, NOW, NOW + 30 * DAY)
    assert [in_force(ca, moment) for moment in moments] == [False, True, False]


def test_its_printed_form_shows_no_key() -> None:
    assert GOOD.key.decode().splitlines()[1] not in repr(GOOD)
    assert "PRIVATE KEY" not in repr(GOOD)
