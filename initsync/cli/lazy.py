"""A group of commands that are imported one by one, each when it is asked for.

So the packages and the time that one needs are not the others'.
https://click.palletsprojects.com/en/stable/complex/#lazily-loading-subcommands
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click
from click.core import ParameterSource

from initsync.words.wording import install


class Lazy(NamedTuple):
    """A command that is not imported yet."""

    module: str
    name: str
    """The command's name in its module."""
    told: str
    """Its line in the group's help."""


class LazyGroup(click.Group):
    """`lazy`: the commands by name. Options of the group that stand before one are that one's."""

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy], **more: Any) -> None:
        super().__init__(*args, **more)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the group's commands, sorted."""
        del ctx
        return sorted(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command. Raises UsageError where a package of others is missing for it."""
        if not (lazy := self._lazy.get(cmd_name)):
            return None
        try:
            found: click.Command = getattr(import_module(lazy.module), lazy.name)
        except ModuleNotFoundError as error:
            package = (error.name or "").partition(".")[0]
            if package == __name__.partition(".")[0]:
                raise
            told = f"initsync {cmd_name} needs the package {package}: {install('cli')}"
            raise click.UsageError(told, ctx) from None
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Their lines in the help, none of them cut."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._lazy[name].told) for name in self.list_commands(ctx)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command, which gets the group's options. Raises UsageError for one it has not."""
        name, command, rest = super().resolve_command(ctx, args)
        if name and command and not ctx.resilient_parsing:
            ctx.default_map = {name: dict(self._handed_down(ctx, command))}
        return name, command, rest

    def _handed_down(self, ctx: click.Context, command: click.Command) -> Iterator[tuple[str, Any]]:
        known = {parameter.name for parameter in command.params}
        for option in self.params:
            name = option.name or ""
            if ctx.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
                continue
            if name not in known:
                told = f"{ctx.info_name} {command.name} has no option {option.opts[-1]}"
                raise click.UsageError(told, ctx)
            yield name, ctx.params[name]
