"""The `evalrun` command: finds its verbs by entry point, imports one only when it is called, and reports errors.

A verb is a `click.Command` registered in the entry-point group `evalrun.commands`. It returns its exit code, or `None`
for success, or raises a child of `EvalrunError`.
"""

from __future__ import annotations

import ast
import difflib
import errno
import gc
import logging
import os
import re
import select
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

import click

from .. import __version__
from ..benchmarks.errors import EvalrunError, InfraError
from ..benchmarks.texts import printable
from .start import INTERRUPTED

GROUP = "evalrun.commands"
_PLAIN_DOCSTRING = re.compile(rb'^def (command)\([^"]*?\)[^"\n]*:\n    """([^"\\\n]+)\n?', re.MULTILINE)
"""The head of a verb's function, with the first line of its docstring."""

NEW_OBJECTS = 200_000
"""How many more objects there must be before unreachable cycles are looked for. Suites are hundreds of thousands of
small objects without cycles, and looking at all of them again and again took as long as reading them.
"""
_HELP = getattr(click.exceptions, "NoArgsIsHelpError", ())
"""The help of a group that is called without a verb, since click 8.2; it is no error's line."""

log = logging.getLogger("evalrun")


class VerbBroken(EvalrunError):
    """A verb is registered, but what its entry point names cannot be loaded as a command."""


def registered_verbs() -> dict[str, EntryPoint]:
    """The entry points of all installed verbs by name, nothing imported; evalrun's own win over namesakes."""
    found = sorted(entry_points(group=GROUP), key=_is_own)
    return {entry.name: entry for entry in found}


def _is_own(entry: EntryPoint) -> bool:
    return entry.module.partition(".")[0] == __package__.partition(".")[0]


def load_verb(entry: EntryPoint) -> click.Command:
    """Import the verb's module and return its command.

    Raises:
        VerbBroken: the module fails to import, lacks the attribute, or holds something else than a command there.
    """
    try:
        command = entry.load()
    except Exception as error:  # a plug-in's import may raise anything; whatever it is, name the verb that did it
        raise VerbBroken(
            f"the verb '{entry.name}' cannot be loaded from {entry.value}: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(command, click.Command):
        raise VerbBroken(f"the verb '{entry.name}' is not a click command: {entry.value} is a {type(command).__name__}")
    return command


def summary(entry: EntryPoint) -> str:
    """First sentence of the verb's docstring, read from its source without importing the verb; "" where there is none.

    This is the text click itself would show, had it the imported command: the docstring of the decorated function.
    """
    source = _source_of(entry.module)
    if source is None:
        return ""
    data = source.read_bytes()
    plain = _PLAIN_DOCSTRING.search(data)
    if plain is not None and _is_own(entry) and plain[1].decode() == entry.attr:  # parsing them all takes a while
        return click.Command(entry.name, help=plain[2].decode()).get_short_help_str(limit=100)
    try:
        tree = ast.parse(data)
    except SyntaxError as error:
        return f"(cannot be read: {error.msg}, line {error.lineno})"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == entry.attr:
            return click.Command(entry.name, help=ast.get_docstring(node)).get_short_help_str(limit=100)
    return ""


def _source_of(module: str) -> Path | None:
    """The source file of a dotted module, sought from the folders of its top-level package.

    Only that package is asked of the import system: `find_spec` of anything deeper would import the parents.
    """
    root, *inner = module.split(".")
    spec = find_spec(root)
    if spec is None:
        return None
    if inner:
        bases = [Path(folder, *inner) for folder in spec.submodule_search_locations or ()]
        places = [place for base in bases for place in (base.with_name(f"{base.name}.py"), base / "__init__.py")]
    else:
        places = [Path(spec.origin)] if spec.origin else []
    return next((place for place in places if place.suffix == ".py" and place.is_file()), None)


class LazyGroup(click.Group):
    """A click group whose commands are entry points, each imported only when it is called."""

    def __init__(self, *args: object, verbs: Mapping[str, EntryPoint] | None = None, **settings: object) -> None:
        super().__init__(*args, **settings)  # type: ignore[arg-type]
        self._verbs = verbs

    @property
    def verbs(self) -> Mapping[str, EntryPoint]:
        """The verbs by name; looked up once, at first use."""
        if self._verbs is None:
            self._verbs = registered_verbs()
        return self._verbs

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, sorted."""
        return sorted(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, imported now."""
        entry = self.verbs.get(cmd_name)
        return None if entry is None else load_verb(entry)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with a suggestion where the verb is unknown."""
        name = args[0]
        if not name.startswith("-") and name not in self.verbs:
            near = difflib.get_close_matches(name, self.verbs, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            ctx.fail(f"No such verb '{name}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs with their summaries, none of them imported."""
        rows = [(name, summary(self.verbs[name])) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section("Verbs"):
                formatter.write_dl(rows)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}, subcommand_metavar="VERB ...")
@click.version_option(__version__, message="evalrun %(version)s")
@click.option("-v", "--verbose", count=True, help="Say more on stderr (-v: progress, -vv: everything).")
def cli(verbose: int) -> None:
    """Benchmarks that evolve, and honest comparison of model updates.

    `evalrun VERB -h` explains one verb.
    """
    _set_up_logging(verbose)


def _set_up_logging(verbose: int) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("evalrun: %(levelname)s: %(message)s"))
    log.handlers = [handler]
    log.propagate = False
    log.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)])


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (default: the process's) and return its exit code.

    A child of `EvalrunError` becomes one line on stderr and its `exit_code`; with -vv the traceback goes along. Any
    other exception is a defect and keeps its traceback.
    """
    if "_EVALRUN_COMPLETE" in os.environ:
        cli.main(prog_name="evalrun")  # click's shell completion; it ends the process itself
    if argv is None:
        gc.set_threshold(NEW_OBJECTS)  # the process is ours, which a command may see by this very number
    try:
        code = _invoke(sys.argv[1:] if argv is None else list(argv))
        if sys.stdout is not None:  # closed by whoever started this
            sys.stdout.flush()
    except click.exceptions.Exit as exit_request:
        return exit_request.exit_code
    except click.ClickException as error:
        if isinstance(error, _HELP):
            error.show()
        else:
            print(f"evalrun: error: {_click_line(error)}", file=sys.stderr)
        return error.exit_code
    except EvalrunError as error:
        log.debug("where the error came from:", exc_info=error)
        print(f"evalrun: error: {_one_line(error)}", file=sys.stderr)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        print("evalrun: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        if not _stdout_reader_has_gone():
            raise
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        print(
            f"evalrun: error: {error.filename or 'writing'}: {error.strerror}; make room, then again", file=sys.stderr
        )
        _let_go_of_stdout()
        return InfraError.exit_code
    return code


def _invoke(args: list[str]) -> int:
    """`cli.main` without its own error handling, which takes any broken pipe, say to a sandbox, for a closed pager."""
    with cli.make_context("evalrun", args) as ctx:
        code = cli.invoke(ctx)
    return code if isinstance(code, int) else 0


def _click_line(error: click.ClickException) -> str:
    """Click's message in one line, and where the options are told; click itself would take four."""
    said = printable(" ".join(error.format_message().split()))
    where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx is not None else ""
    return f"{said.rstrip('.')} (see `{where} --help`)" if where else said


def _one_line(error: Exception) -> str:
    """Its message in one line. It may quote what somebody else wrote, which must not steer the terminal."""
    return printable(" ".join(str(error).split())) or type(error).__name__


def _stdout_reader_has_gone() -> bool:
    """True where stdout is a pipe nobody reads any more (`evalrun ... | head`); stdout then leads nowhere."""
    try:
        stdout = sys.stdout.fileno()
    except (OSError, ValueError):  # not a file, or closed
        return False
    poll = select.poll()
    poll.register(stdout, 0)
    if not any(event & select.POLLERR for _, event in poll.poll(0)):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), stdout)  # or the interpreter's last flush would complain
    return True


def _let_go_of_stdout() -> None:
    """Where stdout is what is full, it leads nowhere from now on, or the interpreter's last flush would complain."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
