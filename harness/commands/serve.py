"""The verb `serve`: models' stand-ins behind an OpenAI-compatible URL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from ...benchmarks import BadInput, Suite
from ...benchmarks.preference import PreferenceSuite, is_preference_suite
from ..serve.baselines import BASELINES, Baseline, Stub
from ..serve.controls import CONTROLS, LEAKS, AnySuite, Leak, controls
from ..serve.dialects import DIALECTS
from ..serve.faults import Faults
from ..serve.language import LanguageModel, StandIn
from ..serve.logprob_faults import LOGPROB_FAULTS
from ..serve.ngram import Ngram
from ..serve.token_service import DEFAULT_CONTEXT, TokenSettings
from .options import finite

_MEMORIZERS = ("memorizer", "adapting-memorizer")
_share: dict[str, Any] = {"type": click.FloatRange(0, 1), "callback": finite, "default": 0.0, "metavar": "SHARE"}
_seconds: dict[str, Any] = {"type": click.FloatRange(min=0), "callback": finite, "default": 0.0, "metavar": "SECONDS"}


@click.command()
@click.option(
    "--baseline",
    "names",
    multiple=True,
    type=click.Choice([*BASELINES, *CONTROLS]),
    help="Which baseline answers; repeatable (default: all that fit the suite, unless --recorded is given).",
)
@click.option(
    "--recorded",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Answer as recorded in a run's folder or a samples file; repeatable.",
)
@click.option(
    "--suite", "suites", multiple=True, metavar="SUITE", help="What reference and --recorded know; repeatable."
)
@click.option(
    "--known", multiple=True, metavar="SUITE", help="What the memorizers have seen (default: --suite); repeatable."
)
@click.option(
    "--text",
    "texts",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What ngram is trained on, plain text; repeatable.",
)
@click.option(
    "--leak",
    "leaks",
    multiple=True,
    type=click.Choice(LEAKS),
    help="LEAKAGE: one more ngram that has seen the prompts, or the best responses, of --suite; repeatable.",
)
@click.option(
    "--like",
    "dialect",
    type=click.Choice(list(DIALECTS)),
    default="all",
    show_default=True,
    help="Which server is imitated (baselines with log-probabilities of their own).",
)
@click.option(
    "--context",
    type=click.IntRange(min=1),
    default=DEFAULT_CONTEXT,
    show_default=True,
    metavar="TOKENS",
    help="The most tokens of a prompt and its reply (the same baselines).",
)
@click.option("--no-begin", is_flag=True, help="No BEGIN token before texts (the same baselines).")
@click.option(
    "--logprob-fault",
    type=click.Choice(list(LOGPROB_FAULTS)),
    help="Log-probabilities that are wrong in this way, to try `evalrun probe` (the same baselines).",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; only this machine by default.")
@click.option("--port", type=click.IntRange(0, 65535), default=8321, show_default=True, help="0: any free port.")
@click.option("--latency", "latency_s", **_seconds, help="Wait before each reply.")
@click.option("--token-latency", "token_latency_s", **_seconds, help="Wait before each token of a streamed reply.")
@click.option("--fail-after", type=click.IntRange(min=0), metavar="N", help="Drop every connection after N answers.")
@click.option("--error-rate", **_share, help="Requests that get HTTP 500.")
@click.option("--rate-limit-rate", **_share, help="Requests that get HTTP 429.")
@click.option("--overload-above", type=click.IntRange(min=0), metavar="N", help="HTTP 429 above N requests at a time.")
@click.option(
    "--retry-after",
    "retry_after_s",
    type=click.FloatRange(min=0),
    callback=finite,
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="What a 429 asks to wait.",
)
@click.option("--no-retry-after", is_flag=True, help="A 429 does not say how long to wait.")
@click.option("--hang-rate", **_share, help="Requests that get no reply at all.")
@click.option("--truncate-rate", **_share, help="Requests whose reply ends half-way.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of all these shares.")
def command(
    names: Sequence[str],
    recorded: Sequence[Path],
    suites: Sequence[str],
    known: Sequence[str],
    texts: Sequence[Path],
    leaks: Sequence[Leak],
    dialect: str,
    context: int,
    no_begin: bool,
    logprob_fault: str | None,
    host: str,
    port: int,
    no_retry_after: bool,
    **faults: Any,
) -> None:
    """Stand in for models: control baselines or recorded answers behind an OpenAI-compatible URL.

    Each is a model of one server. For code: reference gives each task's reference (the upper bound), stub a function
    that raises (the lower), memorizer recites the references of the suites it has seen, whatever is asked (what leakage
    alone buys), and adapting-memorizer does the same under the name and parameters that are asked for.

    For preferences: ngram is a small language model with real log-probabilities, trained on --text when the server
    starts; uniform finds every token as likely; longer-wins, shorter-wins and first-wins choose by length or position.
    They answer log-likelihood requests as vLLM, llama.cpp and OpenAI's completions do, and as judges in a chat.

    A recorded run answers under its model's name. Runs until Ctrl-C or SIGTERM; needs no key, and so listens to this
    machine only.

    \b
    Examples:
      evalrun serve --suite core
      evalrun serve --suite suites/he-fresh --known HumanEval.jsonl.gz
      evalrun serve --recorded runs/old --port 9000
      evalrun serve --baseline ngram --text corpus.txt
      evalrun serve --suite align --text corpus.txt --leak chosen
      evalrun serve --baseline ngram --text corpus.txt --logprob-fault stale
      evalrun serve --suite core --baseline reference --latency 0.2 --rate-limit-rate 0.1
    """
    chosen = choose(names, recorded, suites, known, texts, leaks, begins=not no_begin)
    drill = Faults(**{**faults, "retry_after_s": None if no_retry_after else faults["retry_after_s"]})
    tokens = TokenSettings(DIALECTS[dialect], logprob_fault, context)
    has_tokens = any(isinstance(each, LanguageModel) for each in chosen)
    if not has_tokens and (dialect != "all" or logprob_fault or no_begin):
        raise BadInput(
            f"serve: --like, --no-begin and --logprob-fault are for {', '.join(CONTROLS)}; none of them is served"
        )
    from ..serve.server import is_loopback, serve_until_signal

    if not is_loopback(host):
        click.echo(f"evalrun: note: {host} is reached from other machines; this server asks for no key", err=True)

    def announce(base_url: str) -> None:
        models = ", ".join(baseline.name for baseline in chosen)
        click.echo(f"serving at {base_url} (Ctrl-C ends it); models: {models}")

    for note in _notes(chosen, logprob_fault):
        click.echo(f"evalrun: note: {note}", err=True)
    serve_until_signal(chosen, announce, host=host, port=port, faults=drill, tokens=tokens)
    click.echo("ended")


def choose(
    names: Sequence[str],
    recorded: Sequence[Path],
    suites: Sequence[str],
    known: Sequence[str],
    texts: Sequence[Path] = (),
    leaks: Sequence[Leak] = (),
    *,
    begins: bool = True,
) -> list[StandIn]:
    """The stand-ins that the options name; BadInput where they do not fit together."""
    from ..serve.recorded import recorded as recorded_models

    loaded = {ref: _load(ref) for ref in (*suites, *known)}
    preferences = [ref for ref, suite in loaded.items() if isinstance(suite, PreferenceSuite)]
    names = tuple(dict.fromkeys(names)) or _fitting(bool(recorded), bool(preferences), bool(texts or leaks))
    if known and not any(name in _MEMORIZERS for name in names):
        raise BadInput("serve: --known is what the memorizers have seen; give --suite to the others")
    if (texts or leaks) and "ngram" not in names:
        raise BadInput("serve: --text and --leak are what ngram is trained on; add --baseline ngram")
    if leaks and not suites:
        raise BadInput("serve: --leak takes its texts from --suite; give one")
    of_code = [name for name in names if name in BASELINES]
    if preferences and (recorded or any(name != Stub.name for name in of_code)):
        what = of_code[0] if of_code else "--recorded"
        raise BadInput(f"serve: {preferences[0][:80]} is a suite of preference tasks; {what} needs one of code tasks")
    code = {ref: suite for ref, suite in loaded.items() if isinstance(suite, Suite)}
    chosen: list[StandIn] = [_of_code(name, code, suites, known) for name in of_code]
    chosen += controls(
        [name for name in names if name in CONTROLS],
        texts,
        leaks,
        [loaded[ref] for ref in suites],
        begins=begins,
    )
    return [*chosen, *recorded_models(recorded, [code[ref] for ref in suites if ref in code])]


def _load(ref: str) -> AnySuite:
    """A suite of either kind: a stored one, or a file that is one or the other."""
    if is_preference_suite(ref):
        return PreferenceSuite.load(ref)
    try:
        return Suite.load(ref)
    except BadInput as error:
        try:
            return PreferenceSuite.load(ref)
        except BadInput:
            raise error from None


def _fitting(recorded: bool, preferences: bool, trained: bool) -> tuple[str, ...]:
    """The baselines that are served where none is named."""
    if preferences or trained:
        return CONTROLS if trained else tuple(name for name in CONTROLS if name != "ngram")
    return () if recorded else tuple(BASELINES)


def _of_code(name: str, loaded: Mapping[str, Suite], suites: Sequence[str], known: Sequence[str]) -> Baseline:
    refs = (known or suites) if name in _MEMORIZERS else suites
    if not refs and name != Stub.name:
        option = "--known" if name in _MEMORIZERS else "--suite"
        raise BadInput(f"serve: the baseline {name} needs {option} SUITE, e.g. {option} core")
    return BASELINES[name]([loaded[ref] for ref in refs if ref in loaded])


def _notes(chosen: Sequence[StandIn], logprob_fault: str | None) -> Iterator[str]:
    for each in chosen:
        if isinstance(each, Ngram):
            yield f"{each.name}: {each.trained_on:,} tokens of text, a vocabulary of {len(each.vocabulary):,}"
            if "leaked" in each.name:
                yield f"{each.name} has seen the suite; what it scores is leakage"
    if logprob_fault:
        yield f"log-probabilities are wrong on purpose ({logprob_fault}: {LOGPROB_FAULTS[logprob_fault]})"
