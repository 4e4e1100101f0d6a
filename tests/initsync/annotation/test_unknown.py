"""A field that no entry has: what people wrote for another tool, and what they mistyped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.annotation import unknown
from initsync.annotation.entry import OPTIONAL, REQUIRED
from tests.initsync.annotation.written import entry, listed, sentence

KNOWN = (*REQUIRED, *OPTIONAL)
PATH = "the secret's name or ARN is the field path"
KEYS = "choose and rename by keys"


@pytest.mark.parametrize(
    ("field", "said"),
    [
        # External Secrets Operator
        ("remoteRef", PATH),
        ("dataFrom", PATH),
        ("data", KEYS),
        ("property", KEYS),
        ("template", "compose values by values"),
        ("decodingStrategy", "decode by values, as ${name|base64decode}"),
        ("refreshInterval", "the pod's annotation jasm.codnod.io/refresh-interval says it"),
        ("secretStoreRef", "the pod's own identity reads the secret, and provider says where"),
        ("target", "the Secret's name is the field secretName"),
        # the CSI driver's providers
        ("objects", "write a list under secrets, an entry for each"),
        ("objectName", PATH),
        ("objectAlias", KEYS),
        ("objectType", "the field provider says where the secret is"),
        ("objectVersionLabel", "an id or a stage is the field version"),
        ("jmesPath", KEYS),
        # AWS's own, and others
        ("secretArn", PATH),
        ("SecretId", PATH),
        ("secret_path", PATH),
        ("VersionStage", "an id or a stage is the field version"),
        ("region", "the platform's environment says it, or a full ARN"),
        ("namespace", "the Secret is always made in the pod's own namespace"),
    ],
)
def test_words_of_other_tools_get_half_a_sentence(field: str, said: str) -> None:
    assert sentence(entry(f"{field}: x\n")) == f"line 4: unknown field '{field}': {said}"
    assert sentence(listed(entry(f"{field}: x\n"))) == (
        f"line 5: secrets[0]: unknown field '{field}': {said}"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("provider: vault\nsecret-name: b\n", "line 2: unknown field 'secret-name', did you mean"),
        ("secretname: b\n", "line 1: unknown field 'secretname', did you mean 'secretName'?"),
        ("secret: []\n", "line 1: unknown field 'secret', did you mean 'secrets'?"),
        (entry("Keys: [a]\n"), "line 4: unknown field 'Keys', did you mean 'keys'?"),
        (entry("value: {a: b}\n"), "line 4: unknown field 'value', did you mean 'values'?"),
        (entry("label: {a: b}\n"), "line 4: unknown field 'label', did you mean 'labels'?"),
        (entry("versions: 1\n"), "line 4: unknown field 'versions', did you mean 'version'?"),
        # What is there already is not what was meant.
        (entry("Path: a\n"), "line 4: unknown field 'Path'; known are provider, path, secretName"),
        (entry("secret_name: a\n"), "line 4: unknown field 'secret_name'; known are provider, "),
        (entry("keys: [a]\nkey_s: a\n"), "line 5: unknown field 'key_s'; known are provider, path"),
        # `secrets` has no place beside fields.
        (entry("secret: a\n"), "line 4: unknown field 'secret'; known are provider, path"),
    ],
)
def test_the_nearest_field_that_is_not_there_yet_is_suggested(text: str, said: str) -> None:
    assert sentence(text).startswith(said)


@given(
    st.text() | st.sampled_from([*KNOWN, "secretPath", "NAMESPACE"]).map(lambda it: f"{it}s"),
    st.sets(st.sampled_from(KNOWN)),
)
def test_none_that_is_there_is_ever_suggested(name: str, there: set[str]) -> None:
    said = unknown.problem(name, KNOWN, there)

    assert said.startswith("unknown field ")
    assert not any(said.endswith(f"did you mean '{field}'?") for field in there)


def test_a_mile_of_a_name_is_shown_in_part() -> None:
    assert len(unknown.problem("secret" * 40_000, KNOWN, ())) < 300
