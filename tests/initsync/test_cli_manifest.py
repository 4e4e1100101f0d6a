"""`initsync manifest` as a team meets it that opts out of injection."""

import json
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
import yaml
from click.testing import CliRunner

from initsync import __version__, keys
from initsync.cli import main
from injector.patch import inject
from injector.settings import Settings

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "deploy" / "examples"
DEPLOYMENT = f"""\
# the shop
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  replicas: 2 # for now
  template:
    metadata:
      annotations:
        {keys.ANNOTATION}: |
          provider: aws-secretsmanager
          path: /prod/db
          secretName: db
    spec:
      containers:
        - name: app
          image: 'app:1.10'
      # below all containers
      volumes:
        - name: creds
          secret: {{secretName: db, defaultMode: 0440}}
  # how it rolls
  strategy: {{type: Recreate}}
---
# not ours
kind: ConfigMap
data:   {{ on: "yes",  n: 012 }}
"""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["manifest", *arguments], input=stdin)
    assert "Traceback" not in result.output
    return result.exit_code, result.stdout, result.stderr


def template(deployment: Any) -> Any:
    return deployment["spec"]["template"]


def test_a_workload_has_what_the_injector_would_give_its_pods() -> None:
    code, out, said = run("-", stdin=DEPLOYMENT)

    before = template(next(yaml.safe_load_all(DEPLOYMENT)))
    done = inject(before, "shop", Settings(f"jasm/init:{__version__}"))
    injected = jsonpatch.apply_patch(before, done.operations)
    written = template(next(yaml.safe_load_all(out)))
    assert (code, said) == (0, "Deployment 'web': jasm-init was added\n")
    assert written["spec"] == injected["spec"]
    assert [it["name"] for it in written["spec"]["initContainers"]] == ["jasm-init", "jasm-wait"]
    assert written["metadata"]["annotations"][keys.INJECT] == "false"
    assert keys.INJECTED not in written["metadata"]["annotations"]


def test_everything_else_stays_as_it_was() -> None:
    _, out, _ = run("-", stdin=DEPLOYMENT)

    rest = iter(out.splitlines())
    changed = "          secret: {secretName: db, defaultMode: 0440}"
    lines = [line for line in DEPLOYMENT.splitlines() if line != changed]
    assert all(line in rest for line in lines)
    assert changed[:-1] + ', "optional": true}\n' in out
    assert out.endswith(DEPLOYMENT.partition("---\n")[2])


def test_its_own_output_is_left_as_it_is() -> None:
    _, out, _ = run("-", stdin=DEPLOYMENT)

    code, again, said = run("-", stdin=out)

    assert (code, again) == (0, out)
    assert said == "Deployment 'web': left as it is: already there\n"


def test_the_example_is_what_it_prints() -> None:
    code, out, _ = run(str(EXAMPLES / "1-injected.yaml"))

    example = (EXAMPLES / "2-by-hand-in-the-pod.yaml").read_text()
    name = "  name: app-without-injector\n"
    head, _, body = example.partition("apiVersion:")
    assert code == 0
    assert "`initsync manifest deploy/examples/1-injected.yaml`" in " ".join(head.split("\n# "))
    assert body.replace(name, "  name: app\n", 1) == out.partition("apiVersion:")[2]


def test_json_stays_json() -> None:
    document = next(yaml.safe_load_all(DEPLOYMENT))
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [document, document]}, indent=4)

    code, out, _ = run("-", stdin=text)

    written = [template(it)["spec"] for it in json.loads(out)["items"]]
    assert code == 0
    assert [len(spec["initContainers"]) for spec in written] == [2, 2]


def test_files_become_one_text() -> None:
    for name in ("a", "b"):
        Path(f"{name}.yaml").write_text(DEPLOYMENT.rstrip("\n"))

    code, out, said = run(".")

    kinds = [document["kind"] for document in yaml.safe_load_all(out)]
    assert (code, kinds) == (0, ["Deployment", "ConfigMap"] * 2)
    assert said.count("was added") == 2


def test_without_a_file_it_prints_the_parts_to_paste() -> None:
    code, out, said = run()

    (found,) = yaml.safe_load_all(out)
    example = yaml.safe_load((EXAMPLES / "2-by-hand-in-the-pod.yaml").read_text())
    assert (code, said) == (0, "")
    assert found["metadata"]["annotations"] == example["metadata"]["annotations"]
    parts = ("initContainers", "volumes")
    assert found["spec"] == {part: example["spec"][part] for part in parts}


def test_the_parts_of_a_sidecar_with_an_annotation_of_ones_own() -> None:
    text = "provider: aws-secretsmanager\npath: /mine\nsecretName: mine\n"
    Path("mine").write_text(text)

    code, out, _ = run("--annotation=mine", "--mode=sidecar")

    found = yaml.safe_load(out)
    said = {keys.ANNOTATION: text, keys.MODE: "sidecar", keys.INJECT: "false"}
    (container,) = found["spec"]["initContainers"]
    assert code == 0
    assert found["metadata"]["annotations"] == said
    assert container["restartPolicy"] == "Always"


def test_options_reach_the_container() -> None:
    _, out, _ = run(
        "--image=r.example/init@sha256:0",
        "--pull-policy=Always",
        "--run-as-user=-1",
        "--env=AWS_REGION=eu-west-1",
        "--token-seconds=600",
    )

    spec = yaml.safe_load(out)["spec"]
    (container,) = spec["initContainers"]
    assert (container["image"], container["imagePullPolicy"]) == (
        "r.example/init@sha256:0",
        "Always",
    )
    assert "runAsUser" not in container["securityContext"]
    assert {"name": "AWS_REGION", "value": "eu-west-1"} in container["env"]
    assert "expirationSeconds: 600" in out


def test_an_invalid_annotation_is_told_as_check_does_and_nothing_is_printed() -> None:
    Path("bad.yaml").write_text(DEPLOYMENT.replace("secretName: db\n", "secretName: DB\n"))

    code, out, said = run("bad.yaml")

    checked = CliRunner().invoke(main, ["check", "bad.yaml"])
    assert (code, out, said) == (3, "", checked.stdout)


def test_an_annotation_without_effect_is_warned_of() -> None:
    text = DEPLOYMENT.replace("annotations:\n", f"annotations:\n        {keys.PLACE}: nowhere\n")

    code, _, said = run("-", stdin=text)

    assert code == 0
    assert said.startswith(f"warning: Deployment 'web': annotation {keys.PLACE} is ignored:")


def test_manifests_that_ask_for_nothing_come_out_as_they_went_in() -> None:
    text = DEPLOYMENT.replace(keys.ANNOTATION, "other")

    code, out, said = run("-", stdin=text)

    assert (code, out) == (0, text)
    assert said == "warning: no pod asks for a secret: nothing was added\n"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("    spec:\n", "    spec: &s\n", "Deployment 'web', line 14 of its document, cannot be"),
        ("      containers:", "      containers: 1\n      x:", "its pod has not a pod's form"),
        ("  replicas: 2", "  replicas: !two 2", "a pod in it cannot be read"),
    ],
)
def test_what_cannot_be_added_to_is_told_and_nothing_is_printed(
    old: str, new: str, sentence: str
) -> None:
    code, out, said = run("-", stdin=DEPLOYMENT.replace(old, new, 1))

    assert (code, out) == (2, "")
    assert said.startswith("error: <stdin>: ")
    assert sentence in said


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("-", "--mode=init"), "--annotation and --mode are the manifest's own"),
        (("--image=a b",), "must name an image"),
        (("--run-as-user=0",), "must not be root's"),
        (("--env=x",), "must be NAME=VALUE"),
        (("--token-seconds=1",), "600<=x"),
        (("--annotation=none",), "none cannot be read (No such file or directory)"),
        (("none.yaml",), "none.yaml: cannot be read"),
    ],
)
def test_wrong_use_is_a_sentence_and_exit_code_2(options: tuple[str, ...], sentence: str) -> None:
    code, out, said = run(*options, stdin=DEPLOYMENT)

    assert (code, out) == (2, "")
    assert sentence in said


def test_an_annotation_file_that_is_invalid_is_exit_code_3() -> None:
    Path("bad").write_text("provider: vault")

    code, out, said = run("--annotation=bad")

    assert (code, out) == (3, "")
    assert said.startswith(f"error: annotation {keys.ANNOTATION}")
