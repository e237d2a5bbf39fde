"""Commands that end with plain words, or with JSON where that was asked for; never with a traceback for a refusal."""

from __future__ import annotations

import json
from typing import Any

import click

from helpline.authoring.errors import RefusedError

_META = "helpline.as_json"


class PlainGroup(click.Group):
    """A group of commands: with ``--json`` an error is ``{"error": "…"}`` on the output, with the usual exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note whether JSON is wanted, also where a command never comes to read its options."""
        ctx.meta[_META] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except RefusedError as error:
            failure: click.ClickException = click.ClickException(str(error))
        except click.ClickException as error:
            failure = error
        if not ctx.meta.get(_META):
            raise failure
        click.echo(json.dumps({"error": failure.format_message()}, ensure_ascii=False))
        return ctx.exit(failure.exit_code)
