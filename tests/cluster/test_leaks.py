"""No secret value in anything that a sync leaves behind, however it ends, debug lines included.

`Shop.run` and `Shop.events` look for planted values in output and Events of every other test too,
and `tests/conftest.py` in all that the suite prints.
"""

import json
import sys
from pathlib import Path

import pytest

from initsync.words import keys
from tests.cluster.shop import Shop
from tests.full import only_in_full

PLANTED = "pl4nted"
# As the container's command: the product's own main, and at its end what others can see of it.
PROBE = """#!{python}
import os, resource
from initsync.pod.main import main

def tell(code, end=os._exit):
    for name in ("environ", "cmdline"):
        print(name, open("/proc/self/" + name, "rb").read())
    print("core", resource.getrlimit(resource.RLIMIT_CORE), flush=True)
    end(code)

os._exit = tell
main()
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    script = tmp_path / "bin" / "jasm-init"
    script.parent.mkdir()
    script.write_text(PROBE.format(python=sys.executable))
    script.chmod(0o755)
    return script.parent


CASES: dict[str, tuple[object, dict[str, str], int]] = {
    "it works": ({"password": "pl4nted-one"}, {}, 0),
    "a key is refused": ({"a/b": "pl4nted-one"}, {}, 3),
    "a null": ({"a": None, "b": "pl4nted-one"}, {}, 3),
    "a key twice": ('{"a": "pl4nted-one", "a": "pl4nted-two"}', {}, 3),
    "no JSON": ("pl4nted-one", {}, 3),
    "broken JSON": ('{"a": "pl4nted-one"', {}, 3),
    "a list": ('["pl4nted-one"]', {}, 3),
    "too large": ({"a": "pl4nted-one" * 100_000}, {}, 3),
    "too deep": ('{"a": ' + "[" * 50_000 + '"pl4nted"' + "]" * 50_000 + "}", {}, 3),
    "no such region": ({"a": "pl4nted-one"}, {"AWS_REGION": "x y"}, 2),
    "no cluster": ({"a": "pl4nted-one"}, {"KUBERNETES_SERVICE_PORT": "1", "JASM_TIMEOUT": "1"}, 5),
    "no AWS": ({"a": "pl4nted-one"}, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, 5),
}
# The text of a line is the `message` of its JSON: one case shows that.
FORMS = [
    *((case, "json") for case in CASES),
    *(
        pytest.param(case, "text", marks=() if case == "a key twice" else only_in_full)
        for case in CASES
    ),
]


@pytest.mark.threat("Somebody reads logs, Events and the audit log")
@pytest.mark.parametrize(("case", "form"), FORMS)
def test_nothing_that_a_sync_leaves_holds_a_value(
    shop: Shop, programs: Path, tmp_path: Path, case: str, form: str
) -> None:
    value, env, exit_code = CASES[case]
    shop.aws.rotate(shop.path, value)  # type: ignore[arg-type]  # a str or a dict, as CASES has it
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    chosen = {"JASM_LOG_LEVEL": "debug", "JASM_LOG_FORMAT": form, "TMPDIR": str(temporary)}
    pod = shop.pod("web-1")

    shop.programs = programs
    ended = shop.run(pod, **(chosen | {"JASM_TIMEOUT": "2"} | env))

    assert ended.exit_code == exit_code, ended.stderr
    visible = ended.stdout + ended.stderr + json.dumps(shop.events(pod))
    assert PLANTED not in visible
    assert "environ b'" in ended.stdout
    assert "core (1, 1)" in ended.stdout  # the kernel neither writes nor pipes a dump
    assert list(temporary.iterdir()) == []


@pytest.mark.threat("Somebody reads logs, Events and the audit log")
def test_debug_lines_name_every_request_and_no_header(shop: Shop) -> None:
    ended = shop.run(shop.pod("web-1"), JASM_LOG_LEVEL="debug")

    lines = [line for line in ended.stderr.splitlines() if line.startswith("debug: ")]
    asked = [line.split()[1] + " " + line.split()[2].partition("/")[2] for line in lines]
    secrets = f"api/v1/namespaces/{shop.namespace}/secrets/db"
    assert asked == [
        f"GET {secrets}:",
        "POST :",
        "POST :",
        f"PATCH {secrets}?fieldManager={keys.FIELD_MANAGER}&force=true:",
        f"POST api/v1/namespaces/{shop.namespace}/events:",
    ]
    assert "earer" not in ended.stderr
