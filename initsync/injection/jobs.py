"""The Job and the CronJob around a pod that ends. Pure.

https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
"""

from initsync.words.model import JsonObject

NAME_LIMIT = 52
"""Characters of a CronJob's name: its Jobs' names have eleven more, and 63 at most.
https://github.com/kubernetes/kubernetes/blob/v1.34.0/pkg/apis/batch/validation/validation.go"""
_RETRIES = {"backoffLimit": 2}
# Three tries of a minute, pauses of 10 and 20 s, and the pods' starts. What hangs, as on an image
# that cannot be pulled, ends by it, so that the next run is not kept waiting for ever.
_DEADLINE = {"activeDeadlineSeconds": 300}
_KEPT = 3600  # seconds, as Events are by default: an applied Job can only be made anew
_LATE = 3600
"""Seconds by which a run may be late, as after an outage of the control plane: a daily one is made
up for. A run a minute stays below the 100 missed ones from which on it would not be started."""


def job(name: str, namespace: str, pod: JsonObject) -> JsonObject:
    """It runs once, and is deleted an hour after its end."""
    spec = {**_job(pod), "ttlSecondsAfterFinished": _KEPT}
    return _object("Job", name, namespace, spec)


def cron_job(name: str, namespace: str, schedule: str, pod: JsonObject) -> JsonObject:
    """A CronJob whose next run waits for the one before."""
    spec: JsonObject = {
        "schedule": schedule,
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": _LATE,
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {"spec": _job(pod)},
    }
    return _object("CronJob", name, namespace, spec)


def schedule_problem(schedule: str) -> str | None:
    """The rule that a schedule breaks, as "must …", as far as it tells a wrong use; or None.

    What the fields may say is for the API server, which knows no seconds and no time zone in here.
    https://github.com/kubernetes/kubernetes/blob/v1.34.0/pkg/apis/batch/validation/validation.go
    https://github.com/robfig/cron/blob/v3.0.1/parser.go
    """
    if "TZ" in schedule:
        return "must not name a time zone: write spec.timeZone into what is printed"
    if schedule.startswith("@") or len(schedule.split()) == 5:
        return None
    return "must have five fields, or begin with @, as one argument: in quotes, '*/5 * * * *'"


def _job(pod: JsonObject) -> JsonObject:
    return {**_RETRIES, **_DEADLINE, "template": pod}


def _object(kind: str, name: str, namespace: str, spec: JsonObject) -> JsonObject:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "batch/v1", "kind": kind, "metadata": metadata, "spec": spec}
