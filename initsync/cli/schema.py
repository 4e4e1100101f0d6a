"""`initsync schema`: the annotation as a JSON Schema. No file, no cluster, no cloud."""

import sys

import click

from initsync import providers
from initsync.annotation import schema as annotation
from initsync.cli.terminal import json_text
from initsync.words.errors import InvalidSetup


@click.command()
def schema() -> None:
    """Print the JSON Schema of the annotation's content, for editors and pipelines.

    It is draft 2020-12. What an annotation says stands in docs/annotation.md.
    """
    try:
        click.echo(json_text(annotation.document(providers), indent=2))
    except InvalidSetup as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
