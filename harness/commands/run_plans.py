"""From the options of `run` and its run file to the runs that are to be made: one for each model and suite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ...benchmarks import BadInput, CodeTask, Suite
from ...benchmarks.preference import is_preference_suite
from ...benchmarks.selection import select
from ..endpoint.api import Sampling
from ..runs.budget import Caps, Prices, check_caps
from ..runs.generate import Asking
from ..runs.manifest import new_manifest
from ..runs.runfile import RunFile, read_run_file
from ..runs.shard import Shard
from .options import slug
from .prompt_options import endpoint_form, prompt_settings

_AUTO_BATCH = 8
_OF_THE_CALL = frozenset(
    "suite model output config resume dry-run generate-only tasks limit shard max-cost max-tokens-total prices sandbox "
    "workers runtime fresh-container test-timeout cache cache-dir help".split()
)
"""Options that hold for all runs of a call; all others may differ from model to model."""
_RECORDED = ("max_connections", "max_retries", "timeout", "total_timeout", "no_adaptive", "batch_n", "cache")
_RUN_FILE = "evalrun.run_file"


@dataclass(frozen=True, slots=True)
class Plan:
    """One run that is to be made. suite: as it was loaded, with the tasks asked for only; options: with what the run
    file says of this model.
    """

    folder: Path
    suite: Suite
    manifest: Mapping[str, Any]
    asking: Asking
    prices: Prices | None
    options: Mapping[str, Any]

    @property
    def by_id(self) -> dict[str, CodeTask]:
        """The tasks."""
        return {task.id: task for task in self.suite}


def take_run_file(ctx: click.Context, path: Path) -> None:
    """Let what a run file says be the default of the options."""
    names = {option.removeprefix("--"): each for each in ctx.command.params for option in each.opts if _is_long(option)}
    known = [name for name in names if name not in ("config", "help")]
    found = read_run_file(path, known, [name for name in known if name not in _OF_THE_CALL])
    ctx.meta[_RUN_FILE] = found
    defaults = {names[name].name: _listed(path, name, names[name], value) for name, value in found.settings.items()}
    ctx.default_map = {str(name): value for name, value in defaults.items()}


def _is_long(option: str) -> bool:
    return option.startswith("--")


def _listed(path: Path, name: str, parameter: click.Parameter, value: Any) -> Any:
    """A value of the file as click takes it; BadInput where it is of another type than the option."""
    if getattr(parameter, "multiple", False):
        values = value if isinstance(value, list) else [value]
        return [_typed(path, name, parameter, each) for each in values]
    return _typed(path, name, parameter, value)


def _typed(path: Path, name: str, parameter: click.Parameter, value: Any) -> Any:
    kind = parameter.type
    if getattr(parameter, "is_flag", False):
        fits, expected = isinstance(value, bool), "true or false"
    elif isinstance(kind, click.types.FloatParamType | click.types.IntParamType):
        whole = isinstance(kind, click.types.IntParamType)
        fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        expected = "a whole number" if whole else "a number"
    else:  # 8 is a fair value of an option that takes "auto" too
        fits = isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool))
        expected = "a text"
        value = str(value) if fits else value
    if not fits:
        raise BadInput(f"{path}: {name}: expected {expected}, found {str(value)[:60]!r}")
    return value


def plan_runs(ctx: click.Context, options: Mapping[str, Any]) -> list[Plan]:
    """The runs, suite by suite; BadInput where options do not fit together. Nothing is written."""
    models = list(_models(ctx, options))
    if not options["suites"]:
        raise BadInput("run: name what to ask with --suite (a built-in suite, a folder or a file)")
    if options["cache_dir"] is not None and not options["cache"]:
        raise BadInput("--cache-dir names the folder of a cache that is not used; add --cache, or leave it out")
    if options["label"] and len(models) > 1:
        raise BadInput("--label names one model; in a run file each table of [[models]] may have a label of its own")
    prices = _price_list(options)
    several = len(models) * len(options["suites"]) > 1
    plans = []
    for ref in options["suites"]:
        if is_preference_suite(ref):
            raise BadInput(f"--suite {ref}: holds preference tasks; ask them with `evalrun prefer --suite {ref}`")
        suite = Suite.load(ref)
        chosen = select(suite, options["tasks"], options["limit"])
        plans += [_plan(suite, chosen, settings, prices, several=several) for settings in models]
    folders = [plan.folder for plan in plans]
    twice = next((folder for folder in folders if folders.count(folder) > 1), None)
    if twice is not None:
        raise BadInput(f"{twice}: two runs would share this folder; give each model a label of its own in a run file")
    return plans


def _models(ctx: click.Context, options: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The options of each model. What stands on the command line goes before what the run file says of a model."""
    found = ctx.meta.get(_RUN_FILE)
    tables = found.models if isinstance(found, RunFile) else ()
    wanted = options["models"] or tuple(name for name, _ in tables)
    if not wanted:
        raise BadInput("run: name the model with --model, or models in a run file (--config)")
    for name in dict.fromkeys(wanted):
        mine = [table for of, table in tables if of == name] or [{}]
        for table in mine:
            own = _of_model(ctx, options["config"], table)
            yield {**options, **own, "model": name, "form": endpoint_form({**options, **own}, own)}


def _of_model(ctx: click.Context, path: Path, table: Mapping[str, Any]) -> dict[str, Any]:
    parameters = {option.removeprefix("--"): each for each in ctx.command.params for option in each.opts}
    settings = {}
    for name, value in table.items():
        parameter = parameters[name]
        assert parameter.name is not None
        if ctx.get_parameter_source(parameter.name) is not click.core.ParameterSource.COMMANDLINE:
            settings[parameter.name] = parameter.process_value(ctx, _listed(path, name, parameter, value))
    return settings


def _plan(
    suite: Suite, tasks: tuple[CodeTask, ...], options: dict[str, Any], prices: Mapping[str, Prices], *, several: bool
) -> Plan:
    from ..endpoint.address import normal_base_url

    if not options["base_url"]:
        raise BadInput(f"run: name the endpoint of the model {options['model']!r} with --base-url")
    options["base_url"] = normal_base_url(options["base_url"])
    sampling = Sampling(**{name: options[name] for name in ("epochs", "temperature", "top_p", "max_tokens", "seed")})
    prompts = prompt_settings(options, options["form"])
    asking = Asking(options["model"], options["form"], sampling, _batch(options["batch_n"], sampling), prompts)
    shard = None if options["shard"] is None else Shard.parse(options["shard"])
    found = _prices(options, prices)
    check_caps(Caps(options["max_cost"], options["max_tokens_total"]), prompts.reply_limit(sampling.max_tokens), found)
    manifest = new_manifest(
        model=options["model"],
        label=options["label"],
        suite=suite,
        tasks=tasks,
        sampling=sampling.to_json(),
        endpoint={"base_url": options["base_url"], "form": options["form"]},
        prompt=prompts.to_json(),
        shard=shard,
        asking={name: options[name] for name in _RECORDED},
    )
    return Plan(_folder(suite, options, shard, several=several), suite.subset(tasks), manifest, asking, found, options)


def _batch(asked: str, sampling: Sampling) -> int:
    """How many samples one request may ask for. With a seed each epoch has its own, which one request cannot carry."""
    if asked == "auto":
        return 1 if sampling.seed is not None else min(_AUTO_BATCH, sampling.epochs)
    if not (asked.isascii() and asked.isdigit() and 1 <= int(asked) <= 128):
        raise BadInput(f"--batch-n {asked[:20]!r}: expected auto, or 1 to 128")
    if int(asked) > 1 and sampling.seed is not None:
        raise BadInput("--batch-n: with --seed each epoch has a seed of its own, which one request cannot carry")
    return min(int(asked), sampling.epochs)


def _folder(suite: Suite, options: Mapping[str, Any], shard: Shard | None, *, several: bool) -> Path:
    output: Path | None = options["output"]
    if output is not None and not several:
        return output
    share = "" if shard is None else f"--{shard.index}-of-{shard.count}"
    return (output or Path("runs")) / f"{suite.name}--{slug(options['label'] or options['model'])}{share}"


def _price_list(options: Mapping[str, Any]) -> Mapping[str, Prices]:
    if options["prices"] is None:
        return {}
    from ..runs.prices import read_prices

    return read_prices(options["prices"])


def _prices(options: Mapping[str, Any], listed: Mapping[str, Prices]) -> Prices | None:
    given = options["price_in"], options["price_out"]
    if given == (None, None):
        return listed.get(options["model"])
    if None in given:
        raise BadInput("--price-in and --price-out belong together")
    return Prices(*given)


def by_suite(plans: Sequence[Plan]) -> Iterator[tuple[Suite, list[Plan]]]:
    """The plans that are of one suite, which share a sandbox."""
    groups: dict[int, list[Plan]] = {}
    last: Suite | None = None
    for plan in plans:
        if last is None or plan.suite.digest != last.digest or plan.suite.name != last.name:
            last = plan.suite
        groups.setdefault(id(last), []).append(plan)
    return ((group[0].suite, group) for group in groups.values())
