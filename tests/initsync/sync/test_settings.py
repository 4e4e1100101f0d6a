"""The JASM_* variables."""

import pytest

from initsync.sync import settings
from initsync.sync.settings import SyncSettings
from initsync.words.errors import InvalidSetup


def test_nothing_needs_to_be_set() -> None:
    assert settings.from_env({}) == SyncSettings("caronte", 60.0, 1.0)


def test_everything_can_be_set() -> None:
    env = {"JASM_MANAGED_BY": "jasm", "JASM_TIMEOUT": "5", "JASM_SETTLE": "0.5"}

    assert settings.from_env(env) == SyncSettings("jasm", 5.0, 0.5)


def test_an_empty_variable_is_an_unset_one() -> None:
    env = {"JASM_MANAGED_BY": "", "JASM_TIMEOUT": "", "JASM_SETTLE": ""}

    assert settings.from_env(env) == SyncSettings()


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf", "1e9", "5s"])
def test_a_time_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidSetup) as caught:
        settings.from_env({"JASM_TIMEOUT": text})

    assert str(caught.value) == f"JASM_TIMEOUT is {text!r}: set it to seconds, such as 60 or 0.5"


def test_an_unknown_restart_policy_is_refused() -> None:
    said = "JASM_RESTART_POLICY is 'Sometimes': set it to Always or OnFailure or Never"
    with pytest.raises(InvalidSetup, match=said):
        settings.from_env({"JASM_RESTART_POLICY": "Sometimes"})
