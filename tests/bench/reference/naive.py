"""The same sync with the packages that come to mind first: kubernetes, boto3 and click.

What `jasm-init` is measured against. It reads the same environment as `floor.py`, makes the same
five requests, and handles no failure.
"""

import json
import os
from pathlib import Path

import boto3
import click
import yaml
from kubernetes import client

ENV = os.environ


def cluster() -> client.CoreV1Api:
    """Of the API server that the environment names."""
    settings = client.Configuration(host=ENV["API"])
    settings.ssl_ca_cert = ENV["CA"]
    settings.api_key = {"BearerToken": Path(ENV["TOKEN"]).read_text(encoding="ascii")}
    settings.api_key_prefix = {"BearerToken": "Bearer"}
    return client.CoreV1Api(client.ApiClient(settings))


def store(api: client.CoreV1Api, name: str, values: dict[str, str]) -> None:
    """Create the Secret, or put these values into it."""
    wanted = client.V1Secret(metadata=client.V1ObjectMeta(name=name), string_data=values)
    try:
        api.read_namespaced_secret(name, ENV["NS"])
    except client.ApiException as error:
        if error.status != 404:
            raise
        api.create_namespaced_secret(ENV["NS"], wanted)
    else:
        api.replace_namespaced_secret(name, ENV["NS"], wanted)


def tell(api: client.CoreV1Api) -> None:
    """The Event."""
    event = client.CoreV1Event(
        metadata=client.V1ObjectMeta(generate_name="naive-"),
        involved_object=client.V1ObjectReference(kind="Pod", name="p", namespace=ENV["NS"]),
        reason="Synced",
        message="ok",
        type="Normal",
    )
    api.create_namespaced_event(ENV["NS"], event)


@click.command()
def main() -> None:
    """One sync."""
    wanted = yaml.safe_load(ENV["ANN"])
    answer = boto3.client("secretsmanager").get_secret_value(SecretId=wanted["path"])
    api = cluster()
    store(api, wanted["secretName"], json.loads(answer["SecretString"]))
    tell(api)


if __name__ == "__main__":
    main()
