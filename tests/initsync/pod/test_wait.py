"""`jasm-wait`: it ends when every key is there, and not before."""

import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from initsync.pod import wait
from tests.polling import until


class Kubelet:
    """Shows a file each time that the waiter pauses; time passes by pausing only."""

    def __init__(self, *steps: Callable[[], Any]) -> None:
        self.now, self.steps = 0.0, list(steps)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.steps:
            self.steps.pop(0)()


def run(env: dict[str, str], kubelet: Kubelet) -> tuple[int, str]:
    stderr = io.StringIO()
    return wait.run(env, stderr, lambda: kubelet.now, kubelet.sleep), stderr.getvalue()


def env(place: Path, items: dict[str, str] | None = None, optional: bool = True) -> dict[str, str]:
    return {
        "JASM_HANDOVER_DIR": str(place),
        "JASM_WAIT_0": str(place / "volume"),
        "JASM_WAIT_0_OF": json.dumps({"items": items, "optional": optional}),
    }


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "volume" / "sub").mkdir(parents=True)
    wait.write_names(str(tmp_path), {"db": ("password", "user")})
    return tmp_path


def test_it_waits_for_every_key(place: Path) -> None:
    volume = place / "volume"
    kubelet = Kubelet((volume / "user").touch, lambda: None, (volume / "password").touch)

    assert run(env(place), kubelet) == (0, "")
    assert kubelet.steps == []


def test_items_say_which_keys_and_where(place: Path) -> None:
    kubelet = Kubelet((place / "volume" / "sub" / "p").touch)

    assert run(env(place, {"password": "sub/p"}), kubelet) == (0, "")


def test_a_key_at_two_paths_is_waited_for_at_both(place: Path) -> None:
    volume = place / "volume"
    twice = {"JASM_WAIT_0_OF": '{"items": [["user", "one"], ["user", "two"]], "optional": false}'}
    kubelet = Kubelet((volume / "two").touch, lambda: None, (volume / "one").touch)

    assert run(env(place) | twice, kubelet) == (0, "")
    assert kubelet.steps == []


def test_every_volume_is_waited_for(place: Path) -> None:
    (place / "other").mkdir()
    other = {"JASM_WAIT_1": str(place / "other"), "JASM_WAIT_1_OF": env(place)["JASM_WAIT_0_OF"]}
    for name in ("password", "user"):
        (place / "volume" / name).touch()
    kubelet = Kubelet((place / "other" / "user").touch, (place / "other" / "password").touch)

    assert run(env(place) | other, kubelet) == (0, "")
    assert kubelet.steps == []


def test_a_pod_that_starts_without_its_secret_waits_for_nothing(place: Path) -> None:
    wait.write_names(str(place), {})

    assert run(env(place, {"password": "p"}, optional=False), Kubelet()) == (0, "")


def test_an_optional_item_that_the_secret_lacks_is_not_waited_for(place: Path) -> None:
    assert run(env(place, {"port": "port"}), Kubelet()) == (0, "")


def test_a_required_item_that_the_secret_lacks_is_told_at_once(place: Path) -> None:
    code, said = run(env(place, {"port": "port"}, optional=False), Kubelet())

    assert code == 3
    assert said.startswith("error: a volume wants keys ['port'] that the secret does not have")


def of_two(place: Path, **secrets: bool) -> dict[str, str]:
    """A volume of each of these Secrets; whether it is optional."""
    found = {"JASM_HANDOVER_DIR": str(place)}
    for number, (secret, optional) in enumerate(secrets.items()):
        (place / secret).mkdir()
        wish = {"secret": secret, "items": None, "optional": optional}
        found |= {
            f"JASM_WAIT_{number}": str(place / secret),
            f"JASM_WAIT_{number}_OF": json.dumps(wish),
        }
    return found


def test_of_several_secrets_each_volume_waits_for_its_own_keys(place: Path) -> None:
    wait.write_names(str(place), {"db": ("password",), "tls": ("tls.crt", "tls.key")})
    kubelet = Kubelet(
        (place / "tls" / "tls.crt").touch,
        (place / "db" / "password").touch,
        (place / "tls" / "tls.key").touch,
    )

    assert run(of_two(place, db=False, tls=True), kubelet) == (0, "")
    assert kubelet.steps == []


def test_of_a_secret_that_was_not_synced_nothing_is_waited_for(place: Path) -> None:
    wait.write_names(str(place), {"db": ("password",)})
    kubelet = Kubelet((place / "db" / "password").touch)

    assert run(of_two(place, db=False, tls=False), kubelet) == (0, "")


@pytest.mark.parametrize("written", ['["password"]', "5", "{", '{"db": 5}'])
def test_names_that_are_none_are_told(place: Path, written: str) -> None:
    (place / wait.HANDOVER).write_text(written)

    code, said = run(env(place), Kubelet())

    assert (code, said.startswith("error: cannot wait for the Secret's volumes")) == (2, True)


def test_the_time_is_bounded(place: Path) -> None:
    kubelet = Kubelet()

    code, said = run(env(place) | {"JASM_TIMEOUT": "3"}, kubelet)

    assert code == 5
    assert 3 <= kubelet.now < 3.2
    assert f"the kubelet has not shown {place}/volume/password yet" in said


def test_outside_an_injected_pod_it_says_what_it_lacks() -> None:
    assert run({}, Kubelet()) == (
        2,
        "error: JASM_HANDOVER_DIR is not set: the injector sets it, "
        "see docs/reference.md, Volumes\n",
    )


@pytest.mark.parametrize("broken", [{"JASM_HANDOVER_DIR": "/none"}, {"JASM_TIMEOUT": "soon"}])
def test_what_is_missing_around_it_is_told(place: Path, broken: dict[str, str]) -> None:
    code, said = run(env(place) | broken, Kubelet())

    assert code == 2
    assert said.startswith("error: cannot wait for the Secret's volumes")


def test_sigterm_ends_the_process_at_once(place: Path) -> None:
    code = "from initsync.pod import wait; wait.main()"
    command = [sys.executable, "-c", code]
    waiting = subprocess.Popen(command, env={**env(place, optional=False), "PYTHONPATH": "."})
    try:
        until(lambda: _catches(waiting.pid, signal.SIGTERM))
        waiting.terminate()

        assert waiting.wait(5) == 128 + signal.SIGTERM
    finally:
        waiting.kill()
        waiting.wait()


def _catches(pid: int, number: signal.Signals) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)
