from __future__ import annotations

import errno
import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest

import evalrun
from evalrun.benchmarks import Suite
from evalrun.benchmarks.errors import BadInput, GateFailed, InfraError
from evalrun.harness import cli as cli_module
from evalrun.harness.cli import LazyGroup, VerbBroken, load_verb, main, registered_verbs, summary

HEAVY = {"pandas", "datasets", "matplotlib", "docker", "httpx", "evaluate", "pyarrow", "dask", "distributed", "aiohttp"}
NOT_FOR_THE_LIST_OF_VERBS = HEAVY | {"numpy", "jinja2"}
OWN_VERBS = {
    "cache",
    "compare",
    "evolve",
    "import",
    "leaderboard",
    "merge",
    "quickstart",
    "report",
    "run",
    "sandbox",
    "score",
    "serve",
    "suites",
    "verify",
}


def evalrun_process(*args: str, **settings: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "evalrun.harness.cli", *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **settings)


@pytest.fixture
def install_verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], EntryPoint]:
    """Makes a verb of a plug-in of the test's own the only one that is registered; its module is never seen before."""

    def install(name: str, source: str) -> EntryPoint:
        module = f"plugin_{tmp_path.name}_{name}".replace("-", "_").replace("[", "_").replace("]", "_")
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(source))
        entry = EntryPoint(name, f"{module}:command", cli_module.GROUP)
        monkeypatch.setattr(cli_module.cli, "_verbs", {name: entry})
        return entry

    monkeypatch.syspath_prepend(tmp_path)
    return install


def verb_that(body: str, imports: str = "") -> str:
    return (
        f"import click\n{imports}\n@click.command()\ndef command():\n    '''Do it. And more.'''\n"
        f"{textwrap.indent(body, '    ')}\n"
    )


def test_all_verbs_of_evalrun_are_registered() -> None:
    assert set(registered_verbs()) >= OWN_VERBS


@pytest.mark.parametrize("name", sorted(OWN_VERBS))
def test_every_verb_loads_and_its_line_in_the_help_is_what_click_would_say(name: str) -> None:
    entry = registered_verbs()[name]

    shown = summary(entry)

    assert shown
    assert shown == load_verb(entry).get_short_help_str(limit=100)
    assert not shown.endswith("..."), "its first sentence is too long for the list of verbs"


@pytest.mark.parametrize("args", [("--help",), ("-h",), ("--version",), ("sutes",)])
def test_nothing_heavy_is_imported_before_a_verb_is_called(args: tuple[str, ...]) -> None:
    program = (
        "import sys\nfrom evalrun.harness.cli import main\nmain(sys.argv[1:])\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, *args], capture_output=True, text=True, timeout=60, check=True
    )

    imported = set(done.stderr.splitlines()[-1].split())
    assert "click" in imported
    assert not imported & NOT_FOR_THE_LIST_OF_VERBS


@pytest.mark.parametrize("name", sorted(OWN_VERBS))
def test_help_of_a_verb_imports_nothing_heavy(name: str) -> None:
    program = (
        "import sys\nfrom evalrun.harness.cli import main\ncode = main(sys.argv[1:])\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)\nsys.exit(code)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, name, "--help"], capture_output=True, text=True, timeout=60, check=True
    )

    imported = set(done.stderr.splitlines()[-1].split())
    assert not imported & HEAVY
    assert name != "run" or not imported & {"asyncio", "tqdm", "numpy", "jinja2", "yaml", "tomllib", "tomli"}


@pytest.mark.parametrize("name", sorted(OWN_VERBS))
def test_the_help_of_a_verb_shows_examples_that_name_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert f"\n    evalrun {name}" in capsys.readouterr().out.partition("Example")[2]


def test_help_lists_every_verb_with_one_line() -> None:
    done = evalrun_process("--help")

    assert done.returncode == 0
    assert done.stderr == ""
    listed = dict(line.strip().partition("  ")[::2] for line in done.stdout.partition("Verbs:\n")[2].splitlines())
    assert set(listed) >= OWN_VERBS
    assert all(listed[name].strip() for name in OWN_VERBS)


def test_help_reads_a_third_party_verb_without_running_its_module(
    install_verb: Callable[[str, str], EntryPoint], capsys: pytest.CaptureFixture[str]
) -> None:
    entry = install_verb("trap", verb_that("pass") + "raise SystemExit('imported!')\n")

    assert main(["--help"]) == 0

    assert "trap  Do it." in capsys.readouterr().out
    assert entry.module not in sys.modules


def test_a_verb_whose_source_cannot_be_found_has_an_empty_summary() -> None:
    assert summary(EntryPoint("lost", "no_such_module_anywhere:command", cli_module.GROUP)) == ""
    assert summary(EntryPoint("lost", "evalrun.harness.nowhere.at_all:command", cli_module.GROUP)) == ""
    assert summary(EntryPoint("builtin", "sys:command", cli_module.GROUP)) == ""
    assert summary(EntryPoint("lost", "evalrun.harness.cli:nothing", cli_module.GROUP)) == ""


def test_a_verb_whose_source_does_not_parse_leaves_the_help_readable(
    install_verb: Callable[[str, str], EntryPoint], capsys: pytest.CaptureFixture[str]
) -> None:
    install_verb("torn", "x = 1\ndef command(:\n")

    assert main(["--help"]) == 0

    assert "torn  (cannot be read: " in capsys.readouterr().out


def test_evalruns_own_verb_wins_over_a_namesake(monkeypatch: pytest.MonkeyPatch) -> None:
    own = EntryPoint("run", "evalrun.harness.commands.run:command", cli_module.GROUP)
    foreign = EntryPoint("run", "evalrun_other.run:command", cli_module.GROUP)

    for order in ([own, foreign], [foreign, own]):
        monkeypatch.setattr(cli_module, "entry_points", lambda group, order=order: order)
        assert registered_verbs() == {"run": own}


def test_version_is_the_packages() -> None:
    done = evalrun_process("--version")

    assert (done.returncode, done.stdout) == (0, f"evalrun {evalrun.__version__}\n")


def test_an_unknown_verb_is_a_usage_error_with_a_suggestion() -> None:
    done = evalrun_process("sutes")

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "evalrun: error: No such verb 'sutes'. Did you mean 'suites'? (see `evalrun --help`)\n"


def test_an_unknown_verb_like_no_other_gets_no_suggestion() -> None:
    done = evalrun_process("xyzzy")

    assert done.returncode == 2
    assert done.stderr == "evalrun: error: No such verb 'xyzzy' (see `evalrun --help`)\n"


def test_an_unknown_option_is_a_usage_error() -> None:
    done = evalrun_process("--no-such-option")

    assert done.returncode == 2
    assert "--no-such-option" in done.stderr


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (["run", "--no-such-option"], "--no-such-option"),
        (["run", "--epochs", "many"], "--epochs"),
        (["run", "surplus"], "surplus"),
        (["compare"], "OLD"),
        (["cache", "no-such"], "no-such"),
    ],
)
def test_a_wrong_use_is_one_line_that_names_what_is_wrong_and_where_help_is(
    args: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(args) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("evalrun: error: ")
    assert said.err.count("\n") == 1
    assert named in said.err
    assert f"(see `evalrun {args[0]} --help`)" in said.err


def test_a_verb_that_fails_to_import_is_named_in_one_line(
    install_verb: Callable[[str, str], EntryPoint], capsys: pytest.CaptureFixture[str]
) -> None:
    entry = install_verb("broken", "import no_such_library\n")

    assert main(["broken"]) == 1

    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert message.startswith("evalrun: error: the verb 'broken' cannot be loaded")
    assert entry.value in message
    assert "no_such_library" in message


def test_a_verb_that_is_not_a_command_is_refused(install_verb: Callable[[str, str], EntryPoint]) -> None:
    entry = install_verb("odd", "command = 3\n")

    with pytest.raises(VerbBroken, match=r"not a click command: .* is a int"):
        load_verb(entry)


@pytest.mark.parametrize(("error", "code"), [(BadInput, 2), (GateFailed, 3)])
def test_an_error_of_evalruns_own_is_one_line_and_its_exit_code(
    error: type, code: int, install_verb: Callable[[str, str], EntryPoint], capsys: pytest.CaptureFixture[str]
) -> None:
    body = f"raise {error.__name__}('no suite\\n  at x')"
    install_verb("fail", verb_that(body, f"from evalrun.benchmarks.errors import {error.__name__}"))

    assert main(["fail"]) == code

    assert capsys.readouterr().err == "evalrun: error: no suite at x\n"


def test_very_verbose_shows_where_an_error_came_from(
    install_verb: Callable[[str, str], EntryPoint], capsys: pytest.CaptureFixture[str]
) -> None:
    install_verb("fail", verb_that("raise BadInput('no suite')", "from evalrun.benchmarks.errors import BadInput"))

    assert main(["-vv", "fail"]) == 2

    message = capsys.readouterr().err
    assert "Traceback" in message
    assert message.endswith("evalrun: error: no suite\n")


def test_an_unforeseen_exception_keeps_its_traceback(install_verb: Callable[[str, str], EntryPoint]) -> None:
    install_verb("defect", verb_that("raise ZeroDivisionError"))

    with pytest.raises(ZeroDivisionError):
        main(["defect"])


@pytest.mark.parametrize(
    ("body", "code"),
    [("return None", 0), ("return 4", 4), ("click.get_current_context().exit(3)", 3), ("raise KeyboardInterrupt", 130)],
)
def test_a_verb_decides_its_exit_code(body: str, code: int, install_verb: Callable[[str, str], EntryPoint]) -> None:
    install_verb("decide", verb_that(body))

    assert main(["decide"]) == code


@pytest.mark.parametrize(("flags", "level"), [([], logging.WARNING), (["-v"], logging.INFO), (["-vv"], logging.DEBUG)])
def test_verbosity_sets_what_evalrun_logs_to_stderr(
    flags: list[str],
    level: int,
    install_verb: Callable[[str, str], EntryPoint],
    capsys: pytest.CaptureFixture[str],
) -> None:
    body = "\n".join(f"logging.getLogger('evalrun.x').{word}('{word}')" for word in ("debug", "info", "warning"))
    install_verb("talk", verb_that(body, "import logging"))

    assert main([*flags, "talk"]) == 0

    heard = {line.rpartition(": ")[2].upper() for line in capsys.readouterr().err.splitlines()}
    assert heard == {name for name in ("DEBUG", "INFO", "WARNING") if getattr(logging, name) >= level}


def test_an_interrupt_is_one_word_and_130(tmp_path: Path) -> None:
    (tmp_path / "slow_verb.py").write_text(verb_that("print('ready', flush=True)\ntime.sleep(60)", "import time"))
    with _process_with_verb(tmp_path, "slow_verb") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        _, message = process.communicate(timeout=30)

    assert process.returncode == 130
    assert message.strip() == "evalrun: interrupted"


@pytest.mark.parametrize("module", ["select", "click", "evalrun.benchmarks.errors", "evalrun.harness.commands.run"])
def test_an_interrupt_while_modules_are_imported_is_the_same_word(module: str) -> None:
    program = f"""
import importlib.abc, os, signal, sys

class Interrupting(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.modules.pop({module!r}, None)
sys.meta_path.insert(0, Interrupting())
sys.argv[1:] = ["run", "--help"]
from evalrun.harness.start import main
sys.exit(main())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "evalrun: interrupted\n")


def test_a_reader_that_goes_away_is_no_error_message(tmp_path: Path) -> None:
    (tmp_path / "long_verb.py").write_text(verb_that("for _ in range(10**6):\n    print('line')"))
    with _process_with_verb(tmp_path, "long_verb") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        message = process.stderr.read()
        process.wait(timeout=30)

    assert message == ""
    assert process.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no device that is always full")
def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "long_verb.py").write_text(verb_that("for _ in range(10**4):\n    print('line')"))
    with _process_with_verb(tmp_path, "long_verb", stdout="/dev/full") as process:
        assert process.stderr is not None
        message = process.stderr.read()
        process.wait(timeout=30)

    assert message == "evalrun: error: writing: No space left on device; make room, then again\n"
    assert process.returncode == 5


def test_a_pipe_broken_elsewhere_is_not_taken_for_a_closed_pager(
    install_verb: Callable[[str, str], EntryPoint],
) -> None:
    install_verb("pipe", verb_that("raise BrokenPipeError(errno.EPIPE, 'the sandbox has gone')", "import errno"))

    with pytest.raises(BrokenPipeError, match="the sandbox has gone") as caught:
        main(["pipe"])

    assert caught.value.errno == errno.EPIPE


def test_a_verb_is_imported_only_when_it_is_asked_for(install_verb: Callable[[str, str], EntryPoint]) -> None:
    entry = install_verb("quiet", verb_that("pass"))
    group = LazyGroup(name="x", verbs={"quiet": entry})
    context = click.Context(group)

    assert group.list_commands(context) == ["quiet"]
    assert group.get_command(context, "other") is None
    assert entry.module not in sys.modules

    assert group.get_command(context, "quiet") is sys.modules[entry.module].command


def _process_with_verb(folder: Path, module: str, stdout: str | None = None) -> subprocess.Popen[str]:
    """A real process of the command whose one verb, `it`, lies in the folder. stdout: a file; None: a pipe."""
    program = textwrap.dedent(
        f"""
        import sys
        from importlib.metadata import EntryPoint
        from evalrun.harness import cli
        cli.cli._verbs = {{"it": EntryPoint("it", "{module}:command", cli.GROUP)}}
        sys.exit(cli.main(["it"]))
        """
    )
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    with open(stdout or os.devnull, "w") as file:
        return subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=file if stdout else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )


@pytest.mark.parametrize(
    "command",
    [
        ["evolve", "core", "-o", "new"],
        ["verify", "evolved"],
        ["score", "answers.jsonl", "--suite", "core"],
        ["run", "--suite", "core", "--model", "m", "--base-url", "http://127.0.0.1:9/v1"],
    ],
    ids=lambda command: command[0],
)
def test_every_verb_that_runs_programs_takes_the_same_options_for_their_sandbox(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, object] = {}

    def open_sandbox(kind: str, **options: object) -> None:
        asked.update(kind=kind, **options)
        raise InfraError("no further")

    monkeypatch.setattr("evalrun.harness.sandbox.open_sandbox", open_sandbox)
    monkeypatch.chdir(tmp_path)
    core = Suite.load("core")
    core.subset(core.tasks[:1]).save(tmp_path / "evolved")
    (tmp_path / "answers.jsonl").write_text(json.dumps({"task_id": core.tasks[0].id, "solution": ""}) + "\n")

    options = ["--sandbox", "docker", "--workers", "3", "--runtime", "runsc", "--fresh-container"]
    assert main([*command, *options]) == 5

    assert asked == {"kind": "docker", "workers": 3, "runtime": "runsc", "fresh": True, "requires": core.requires}
