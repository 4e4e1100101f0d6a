"""The pages about pods, meshes, opting out and Jobs: examples are run, links lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
import yaml

from initsync import __version__, providers
from initsync.injection.patch import inject
from initsync.injection.settings import InjectionSettings
from initsync.manifests import check
from initsync.words import errors, keys
from tests import docs_blocks, errors_examples
from tests.places import GOLDEN

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
NAMES = ("what-happens-to-my-pod", "meshes", "opting-out", "jobs", "secrets-without-a-pod")
TEXTS = {name: (DOCS / f"{name}.md").read_text() for name in NAMES}
SETTINGS = InjectionSettings(f"registry.example.com/platform/jasm/init:{__version__}")
BY_HAND = yaml.safe_load((ROOT / "deploy/examples/2-by-hand-in-the-pod.yaml").read_text())


def blocks(page: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", TEXTS[page], re.DOTALL)


def block(page: str, mark: str) -> Any:
    (found,) = (text for text in blocks(page) if text.startswith(f"# {mark}\n"))
    return yaml.safe_load(found)


def manifests() -> Iterator[Any]:
    for page in NAMES:
        for number, text in enumerate(blocks(page)):
            if "\nkind: " in text:
                yield pytest.param(text, id=f"{page}-{number}")


def pod_of(manifest: Any) -> Any:
    """The pod that a controller would make of it."""
    found = manifest
    while "containers" not in found["spec"]:
        found = found["spec"].get("jobTemplate") or found["spec"]["template"]
    return found


def injected(pod: Any, settings: InjectionSettings) -> Any:
    return jsonpatch.apply_patch(pod, inject(pod, "shop", settings).operations)


def test_the_page_of_rotation_shows_the_example_of_on_change() -> None:
    text = (ROOT / "deploy/examples/7-on-change.yaml").read_text()
    example = list(yaml.safe_load_all(text))

    pod = example[0]["spec"]["template"]
    replicas = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "controller": True}
    pod["metadata"]["ownerReferences"] = [replicas]

    done = inject(pod, "shop", SETTINGS)

    del pod["metadata"]["ownerReferences"]

    assert docs_blocks.manifests("rotation") == example
    assert set(check.findings(text, providers)) == {None}
    assert (bool(done.operations), done.warnings) == (True, [])


def test_the_pod_before_and_after_is_a_golden_one() -> None:
    name = "secret-volume-becomes-optional"
    golden = yaml.safe_load((GOLDEN / f"{name}.expected.yaml").read_text())

    page = "what-happens-to-my-pod"

    assert f"golden/{name}.expected.yaml" in TEXTS[page]
    assert block(page, "before") == yaml.safe_load((GOLDEN / f"{name}.pod.yaml").read_text())
    assert block(page, "after") == golden["pod"]


@pytest.mark.parametrize("text", list(manifests()))
def test_the_annotations_of_every_example_are_valid(text: str) -> None:
    found = list(check.findings(text, providers))

    assert found
    assert set(found) == {None}


@pytest.mark.parametrize("text", list(manifests()))
def test_every_example_is_injected_without_a_warning(text: str) -> None:
    pod = pod_of(yaml.safe_load(text))

    done = inject(pod, "shop", SETTINGS)

    assert done.warnings == []
    assert bool(done.operations) == (keys.INJECTED not in pod["metadata"]["annotations"])


def test_a_pod_of_the_meshs_user_is_what_the_page_of_meshes_says() -> None:
    pod = injected(yaml.safe_load(blocks("meshes")[0]), SETTINGS)

    users = [found["securityContext"]["runAsUser"] for found in pod["spec"]["initContainers"]]
    assert users == [1337]
    assert "securityContext" not in pod["spec"]["containers"][0]


def test_a_volume_by_hand_is_what_the_injector_would_add() -> None:
    page = block("opting-out", "by hand, with a volume")
    by_hand = page["spec"]
    pod = {
        "metadata": {"annotations": dict(BY_HAND["metadata"]["annotations"])},
        "spec": {
            "containers": by_hand["containers"],
            "volumes": [{"name": "creds", "secret": {"secretName": "app-credentials"}}],
        },
    }
    del pod["metadata"]["annotations"][keys.INJECT]

    made = injected(pod, SETTINGS)
    ours = made["spec"]

    init, waiter = ours["initContainers"]
    more, written = by_hand["initContainers"]
    assert waiter == written
    example = BY_HAND["spec"]["initContainers"][0]
    assert init["env"] == example["env"] + more["env"]
    assert init["volumeMounts"] == example["volumeMounts"] + more["volumeMounts"]
    assert [ours["volumes"][0], ours["volumes"][-1]] == by_hand["volumes"]
    assert page["metadata"]["annotations"].items() <= made["metadata"]["annotations"].items()


def test_the_policy_of_the_job_is_one_that_the_api_server_takes() -> None:
    (job,) = (found for text in blocks("jobs") if (found := yaml.safe_load(text))["kind"] == "Job")
    spec = job["spec"]
    pod = spec["template"]["spec"]
    codes = [
        rule["onExitCodes"] for rule in spec["podFailurePolicy"]["rules"] if "onExitCodes" in rule
    ]

    assert pod["restartPolicy"] == "Never"
    assert [rule["action"] for rule in spec["podFailurePolicy"]["rules"]] == ["Ignore", "FailJob"]
    (rule,) = codes
    assert rule == {"operator": "In", "values": [2, 3]}, "jasm-init is not in the template"
    passing = {error.exit_code for error in errors_examples.EXAMPLES if error.transient}
    outside = {errors.SecretNotFound.exit_code, errors.AccessDenied.exit_code}
    assert not (passing | outside) & set(rule["values"])


def test_failures_are_shown_in_the_programs_own_words() -> None:
    shown = next(
        error for error in errors_examples.EXAMPLES if type(error) is errors.SecretNotFound
    )
    refused = errors.ClusterUnavailable(
        "GET secrets/db in namespace shop", "10.96.0.1:443: Connection refused"
    )
    refused.attempts, refused.seconds = 4, 1.7

    assert TEXTS["what-happens-to-my-pod"].count(str(shown)) == 2
    assert f"error: {refused}\n" in TEXTS["meshes"]


def slug(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize(
    "page", [*sorted(DOCS.glob("*.md")), ROOT / "README.md"], ids=lambda p: p.stem
)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text())

    broken = []
    for link in links:
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        headings = re.findall(r"^#+ (.+)$", target.read_text(), re.M) if target.is_file() else []
        if not target.exists() or (anchor and anchor not in map(slug, headings)):
            broken.append(link)

    assert not set(broken)


def test_the_readme_leads_to_every_page() -> None:
    linked = set(re.findall(r"\]\(docs/([\w-]+)\.md", (ROOT / "README.md").read_text()))

    assert {page.stem for page in DOCS.glob("*.md")} - linked == set()
