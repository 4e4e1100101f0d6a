"""`jasm-wait` in mode `wait`: it ends when the Secrets of others are there, or tells who makes
them.
"""

from pathlib import Path

import pytest

from initsync.pod import elsewhere
from tests.hostile import cases
from tests.initsync.pod.elsewhere_side import ONE, Kubelet

TWO = """secrets:
- {provider: aws-secretsmanager, path: /prod/db, secretName: db, keys: [user, {pw: password}]}
- {provider: vault, path: kv/tls, secretName: tls, values: {all: "${a}"}}
"""


@pytest.fixture
def kubelet(tmp_path: Path) -> Kubelet:
    return Kubelet(tmp_path)


def test_a_secret_that_is_there_takes_one_look(kubelet: Kubelet) -> None:
    kubelet.mount("db", "password")

    assert (kubelet.run(), kubelet.passed) == ((0, []), 0)


def test_one_that_is_not_there_is_told_within_seconds_with_who_makes_it(kubelet: Kubelet) -> None:
    code, lines = kubelet.run()

    assert (code, kubelet.passed) == (5, elsewhere.SHORT)
    assert lines == [
        "error: Secret shop/db (from aws-secretsmanager /prod/db) is not there, or has no keys. "
        "This pod only waits for it (jasm.codnod.io/mode: wait): a CronJob, a Job or another pod "
        "with this annotation and without that mode makes it. Look for one with kubectl -n shop "
        "get cronjobs,jobs; initsync manifest --cronjob prints one"
    ]


def test_what_the_kubelet_itself_keeps_in_a_volume_is_no_key(kubelet: Kubelet) -> None:
    kubelet.mount("db", "..data")

    assert kubelet.run()[0] == 5


def test_it_ends_as_soon_as_the_kubelet_shows_it(kubelet: Kubelet) -> None:
    kubelet.steps = [lambda: None, lambda: kubelet.mount("db", "password")]

    assert kubelet.run() == (0, [])
    assert kubelet.passed < elsewhere.SHORT


def test_later_a_run_stays_until_the_kubelet_has_forgotten_its_back_off(kubelet: Kubelet) -> None:
    code, lines = kubelet.run(age=elsewhere.YOUNG + 1)

    assert (code, kubelet.passed) == (5, elsewhere.LONG)
    assert [line.partition(":")[0] for line in lines] == ["waiting", "error"]


@pytest.mark.parametrize("age", [-86_400.0, 0.0, elsewhere.YOUNG - 1])
def test_a_clock_that_was_set_back_makes_a_pod_young(kubelet: Kubelet, age: float) -> None:
    kubelet.run(age)

    assert kubelet.passed == elsewhere.SHORT


def test_what_nothing_starts_again_stays_and_tells_in_seconds(kubelet: Kubelet) -> None:
    kubelet.env["JASM_RESTART_POLICY"] = "Never"
    kubelet.steps = [lambda: None] * 100 + [lambda: kubelet.mount("db", "password")]

    code, lines = kubelet.run()

    assert (code, len(lines)) == (0, 1)
    assert lines[0].startswith("waiting: Secret shop/db")


def test_keys_that_the_annotation_names_must_be_there(tmp_path: Path) -> None:
    kubelet = Kubelet(tmp_path, TWO)
    kubelet.mount("db", "user")
    kubelet.mount("tls", "all", "other")

    code, (line,) = kubelet.run()

    assert code == 5
    assert "Secret shop/db (from aws-secretsmanager /prod/db) has no key password. " in line
    assert "tls" not in line
    kubelet.mount("db", "password")
    assert kubelet.run() == (0, [])


def test_all_secrets_that_are_not_there_are_told_at_once(tmp_path: Path) -> None:
    entry = "- {{provider: vault, path: kv/{0}, secretName: s{0}}}\n"
    kubelet = Kubelet(tmp_path, "secrets:\n" + "".join(entry.format(n) for n in range(5)))
    for number in range(5):
        kubelet.mount(f"s{number}")

    line = kubelet.run()[1][0]

    assert line.count("is not there") == 3
    assert "; 2 more. This pod" in line


def test_volumes_of_the_pod_are_waited_for_too(kubelet: Kubelet) -> None:
    kubelet.mount("db", "password", "user")
    volume = kubelet.volume(items=None, optional=False)
    kubelet.steps = [(volume / "user").touch, (volume / "password").touch]

    assert kubelet.run() == (0, [])
    assert kubelet.steps == []


def test_a_volume_that_is_not_shown_is_told(kubelet: Kubelet) -> None:
    kubelet.mount("db", "password")
    volume = kubelet.volume(items=[["password", "p"]], optional=False)

    assert kubelet.run() == (5, [f"error: the kubelet has not shown {volume}/p yet"])


def test_a_key_that_a_volume_wants_and_the_secret_lacks_is_told_at_once(kubelet: Kubelet) -> None:
    kubelet.mount("db", "password")
    kubelet.volume(items=[["port", "p"]], optional=False)

    code, lines = kubelet.run()

    assert (code, kubelet.passed) == (3, 0)
    assert "['port'] that the secret does not have" in lines[0]


def test_of_a_secret_that_the_annotation_does_not_name_nothing_is_waited_for(
    kubelet: Kubelet,
) -> None:
    """The policy may take a text for a name."""
    kubelet.mount("db", "password")
    kubelet.mount("other")
    kubelet.volume(items=None, optional=False, secret="other")

    assert kubelet.run() == (0, [])


def test_what_is_not_mounted_is_left_to_the_kubelet(tmp_path: Path) -> None:
    """The policy could not read the name: it left the pod's volumes as they were."""
    kubelet = Kubelet(tmp_path, ONE.replace(" db", " sql"))

    assert kubelet.run() == (0, [])


@pytest.mark.parametrize(
    ("age", "timeout", "seconds"), [(0, "20", 20), (50, "60", 10), (99, "60", 0)]
)
def test_continue_starts_the_app_without_it_after_the_timeout(
    tmp_path: Path, age: float, timeout: str, seconds: float
) -> None:
    kubelet = Kubelet(tmp_path, **{"on-failure": "continue"})
    kubelet.env["JASM_TIMEOUT"] = timeout

    code, lines = kubelet.run(age)

    assert code == 0
    assert kubelet.passed == pytest.approx(seconds, abs=0.3)
    assert lines[-1].startswith("warning: the app starts all the same (jasm.codnod.io/on-failure)")


def test_continue_with_time_left_tells_and_is_started_again(tmp_path: Path) -> None:
    kubelet = Kubelet(tmp_path, **{"on-failure": "continue"})

    assert kubelet.run()[0] == 5
    assert kubelet.passed == elsewhere.SHORT


@pytest.mark.parametrize(("said", "code"), [("block", 3), ("continue", 0)])
def test_an_invalid_annotation_is_told_at_once(tmp_path: Path, said: str, code: int) -> None:
    kubelet = Kubelet(tmp_path, "path: x\n", **{"on-failure": said})

    assert kubelet.run()[0] == code
    assert kubelet.passed == 0


@pytest.mark.parametrize("broken", ["JASM_PODINFO_DIR", "JASM_WAIT_0_OF", "JASM_TIMEOUT"])
def test_what_is_wrong_around_it_is_a_sentence(tmp_path: Path, broken: str) -> None:
    kubelet = Kubelet(tmp_path, **{"max-age": ""})
    kubelet.mount("db", "password")
    kubelet.volume(items=None, optional=False)
    kubelet.env[broken] = "{"
    if broken == "JASM_TIMEOUT":
        (tmp_path / "podinfo" / "on-failure").write_text("continue")

    code, lines = kubelet.run()

    assert code == (0 if broken == "JASM_TIMEOUT" else 2)
    assert len(lines) == 1


@pytest.mark.threat("An annotation is malicious")
def test_a_hostile_annotation_is_one_printable_line(kubelet: Kubelet) -> None:
    told = 0
    for case in [*cases.load("annotations"), *cases.load("lists")]:
        text = case.text.encode(errors="surrogatepass")
        (kubelet.place / "podinfo" / "secret-sync").write_bytes(text)
        kubelet.passed = 0.0

        code, lines = kubelet.run()

        told += len(lines)
        assert (code, len(lines)) in {(0, 0), (2, 1), (3, 1), (5, 1)}, case.name
        assert all(line.isprintable() and len(line.encode()) < 2048 for line in lines)
    assert told > 200
