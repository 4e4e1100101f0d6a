"""`initsync manifest --cronjob` and `--job`: what syncs Secrets where no pod does it itself."""

import json
from collections.abc import Iterable
from typing import Any

import yaml
from click.testing import CliRunner

from initsync.cli.main import main
from initsync.words import keys
from tests.initsync.cli.manifest_command import DB, EVERY, IMAGE, run, workload
from tests.initsync.cli.test_manifest import EXAMPLES

API = "provider: aws-secretsmanager\npath: /prod/api\nsecretName: api\nkeys: [token]\n"


def printed(*options: str, workloads: Iterable[Any]) -> list[Any]:
    """The objects; all went well."""
    code, out, said = run(*options, "-", stdin=yaml.safe_dump_all(workloads))
    assert (code, "error" in said) == (0, False), said
    return list(yaml.safe_load_all(out))


def by_kind(objects: Iterable[Any], kind: str) -> dict[str, Any]:
    return {it["metadata"]["name"]: it for it in objects if it["kind"] == kind}


def pod_of(job: Any) -> Any:
    within = job["spec"]["jobTemplate"] if job["kind"] == "CronJob" else job
    return within["spec"]["template"]


def asked(job: Any) -> list[str]:
    """The Secrets that its pod asks for."""
    said = yaml.safe_load(pod_of(job)["metadata"]["annotations"][keys.ANNOTATION])
    return [it["secretName"] for it in said.get("secrets", [said])]


def test_the_example_is_what_it_prints() -> None:
    code, out, said = run(*EVERY, "-n", "default", str(EXAMPLES / "1-injected.yaml"))

    example = (EXAMPLES / "5-refresh.yaml").read_text()
    head, _, body = example.partition("apiVersion:")
    command = f'`initsync manifest --image {IMAGE} --cronjob "*/5 * * * *" -n default '
    assert f"{command}deploy/examples/1-injected.yaml`" in " ".join(head.split("\n# "))
    assert (code, body) == (0, out.partition("apiVersion:")[2])
    assert said == (
        "ServiceAccount default/jasm-sync-app, which needs a cloud identity (initsync policy), "
        "syncs app-credentials\n"
    )


def test_the_workloads_of_one_account_are_one_list_in_which_each_secret_is_once() -> None:
    workloads = [workload("web", DB), workload("worker", f"secrets:\n- {{{_flow(DB)}}}\n")]

    found = printed(*EVERY, workloads=[*workloads, workload("report", API)])

    (job,) = by_kind(found, "CronJob").values()
    assert asked(job) == ["api", "db"]
    (role,) = by_kind(found, "Role").values()
    assert role["rules"][0]["resourceNames"] == ["api", "db"]


def _flow(text: str) -> str:
    return ", ".join(text.splitlines())


def test_each_account_has_one_of_its_own_and_none_gets_anothers_secrets() -> None:
    found = printed(*EVERY, workloads=[workload("web", DB), workload("api", API, "other")])

    jobs = by_kind(found, "CronJob")
    assert {name: asked(job) for name, job in jobs.items()} == {
        "jasm-sync-app": ["db"],
        "jasm-sync-other": ["api"],
    }
    runs_as = {name: pod_of(job)["spec"]["serviceAccountName"] for name, job in jobs.items()}
    assert runs_as == {name: name for name in by_kind(found, "ServiceAccount")}
    assert {it["subjects"][0]["name"] for it in by_kind(found, "RoleBinding").values()} == {*jobs}


def test_a_named_account_does_it_for_all_and_is_not_printed_anew() -> None:
    """It is there, with annotations by which a cloud knows it; to apply it would take them away."""
    workloads = [workload("web", DB), workload("api", API, "other")]

    found = printed(*EVERY, "--service-account", "syncer", workloads=workloads)

    assert [it["kind"] for it in found] == ["Role", "RoleBinding", "CronJob"]
    assert asked(found[-1]) == ["api", "db"]
    assert pod_of(found[-1])["spec"]["serviceAccountName"] == "syncer"


def test_its_rights_are_what_policy_prints_for_it() -> None:
    _, out, _ = run(*EVERY, "-", stdin=yaml.safe_dump(workload("web", DB)))

    command = ["policy", "-o", "kubernetes", "-"]
    policy = CliRunner().invoke(main, command, input=out)

    rights = [it for it in yaml.safe_load_all(out) if it["kind"] in ("Role", "RoleBinding")]
    assert list(yaml.safe_load_all(policy.stdout)) == rights


def test_check_finds_nothing_in_it() -> None:
    """Neither that nothing in the pod takes the Secrets: who does is elsewhere."""
    _, out, _ = run(*EVERY, "--job", "-", stdin=yaml.safe_dump(workload("web", DB)))

    checked = CliRunner().invoke(main, ["check", "-"], input=out)

    assert (checked.exit_code, checked.stdout) == (0, "")


def test_what_it_printed_before_asks_for_nothing_by_itself() -> None:
    workloads = [workload("web", DB)]
    first = printed(*EVERY, workloads=workloads)

    assert printed(*EVERY, workloads=[*workloads, *first]) == first


def test_a_job_runs_once_and_both_may_be_had() -> None:
    found = printed(*EVERY, "--job", workloads=[workload("web", DB)])

    job, cron_job = found[-2:]
    assert [it["kind"] for it in (job, cron_job)] == ["Job", "CronJob"]
    assert pod_of(job) == pod_of(cron_job)
    assert job["spec"]["ttlSecondsAfterFinished"] == 3600
    assert "schedule" not in job["spec"]


def test_an_outage_fails_it_and_the_injector_leaves_it_alone() -> None:
    annotations = {keys.ON_FAILURE: "continue", keys.MAX_AGE: "1h"}
    kind = workload("web", DB)
    kind["spec"]["template"]["metadata"]["annotations"] |= annotations

    (job,) = by_kind(printed(*EVERY, workloads=[kind]), "CronJob").values()

    said = pod_of(job)["metadata"]["annotations"]
    assert said == {keys.ANNOTATION: DB, keys.ON_FAILURE: "strict", keys.INJECT: "false"}


def test_a_secret_that_no_pod_asks_for_comes_from_an_annotations_text() -> None:
    text = f"secrets:\n- {{{_flow(DB)}}}\n"

    code, out, _ = run("--job", "-n", "shop", "--annotation", "-", stdin=text)

    found = list(yaml.safe_load_all(out))
    assert code == 0
    assert [it["metadata"]["namespace"] for it in found] == ["shop"] * 4
    assert asked(found[-1]) == ["db"]


def test_json_is_a_list_for_kubectl() -> None:
    code, out, _ = run(*EVERY, "-o", "json", "-", stdin=yaml.safe_dump(workload("web", DB)))

    found = json.loads(out)
    assert (code, found["kind"]) == (0, "List")
    assert found["items"] == printed(*EVERY, workloads=[workload("web", DB)])


def test_a_long_accounts_name_is_cut_to_what_a_cronjob_may_have() -> None:
    account = "a" * 41 + "." + "b" * 100

    found = printed(*EVERY, workloads=[workload("web", DB, account)])

    (name,) = by_kind(found, "CronJob")
    assert len(name) <= 52
    assert name.startswith("jasm-sync-aaa")
    assert ".-" not in name


def test_the_example_of_a_helm_hook_is_what_it_prints_and_its_rights_come_first() -> None:
    shown = list(yaml.safe_load_all((EXAMPLES / "6-secrets-without-a-pod.yaml").read_text()))
    hooks = {it["kind"]: it["metadata"].pop("annotations") for it in shown}
    text = pod_of(shown[-1])["metadata"]["annotations"][keys.ANNOTATION]

    _, out, _ = run("--job", "-n", "default", "--annotation", "-", stdin=text)

    assert list(yaml.safe_load_all(out)) == shown
    weights = {kind: int(it["helm.sh/hook-weight"]) for kind, it in hooks.items()}
    assert weights.pop("Job") > max(weights.values())
    assert {it["helm.sh/hook"] for it in hooks.values()} == {"pre-install,pre-upgrade"}
