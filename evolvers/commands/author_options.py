"""The options of ``evalrun evolve`` that say which models evolve a suite, and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ...benchmarks import BadInput
from ...harness.commands.options import finite, not_blank, not_blank_each

if TYPE_CHECKING:
    from ...harness.runs.budget import Prices
    from ..authored.asking import AskSettings
    from ..authored.budget import Limits
    from ..authored.calls import Panel

Command = TypeVar("Command", bound=Callable[..., Any])
_POSITIVE = click.FloatRange(min=0, min_open=True)
_MONEY = click.FloatRange(min=0)


def _stripped(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    return value if value is None else not_blank(ctx, parameter, value)


def _member_options(what: str, does: str) -> list[Callable[[Command], Command]]:
    return [
        click.option(
            f"--{what}-model", multiple=True, callback=not_blank_each, metavar="NAME", help=f"{does} Repeatable."
        ),
        click.option(f"--{what}-base-url", multiple=True, metavar="URL", help="Where (default: --base-url)."),
        click.option(f"--{what}-family", multiple=True, metavar="NAME", help="Its family (default: from its name)."),
        click.option(f"--{what}-api-key-env", multiple=True, metavar="NAME", help="Variable with that server's key."),
    ]


def author_options(command: Command) -> Command:
    """``--model`` and all that goes with it; ``settled_panel`` and its like take what they gave."""
    for option in reversed(
        [
            click.option(
                "--model",
                callback=_stripped,
                metavar="NAME",
                help="The author: a model that evolves tasks. Its operators need it.",
            ),
            click.option("--base-url", metavar="URL", help="The author's endpoint, e.g. http://localhost:8000/v1."),
            click.option("--author-family", callback=_stripped, metavar="NAME", help="Default: from its name."),
            click.option("--api-key-env", metavar="NAME", help="The environment variable that holds the author's key."),
            *_member_options("solver", "Solves tasks from their prompts alone (default: the author)."),
            *_member_options("judge", "Judges pairs of responses."),
            click.option(
                "--solutions", type=click.IntRange(5, 50), default=5, show_default=True, help="Blind ones per task."
            ),
            click.option(
                "--budget",
                metavar="LIST",
                help="calls=500,tokens=2M,money=5,minutes=30: stop before more of any of them is used.",
            ),
            click.option(
                "--replies",
                type=click.Path(path_type=Path, dir_okay=False),
                metavar="FILE",
                help="The store of all replies (default: .NAME.replies beside the output).",
            ),
            click.option("--replay", is_flag=True, help="Ask nobody: all replies come from the store."),
            click.option("--dry-run", is_flag=True, help="Say what would be asked and cost; ask and write nothing."),
            click.option("--price-in", type=_MONEY, callback=finite, metavar="MONEY", help="Per million tokens asked."),
            click.option("--price-out", type=_MONEY, callback=finite, metavar="MONEY", help="Per million answered."),
            click.option(
                "--prices",
                type=click.Path(path_type=Path, dir_okay=False),
                metavar="FILE",
                help='TOML: ["MODEL"] with in and out.',
            ),
            click.option(
                "--temperature",
                type=_MONEY,
                callback=finite,
                default=0.8,
                show_default=True,
                help="Of author and solvers; judges have 0.",
            ),
            click.option("--no-temperature", is_flag=True, help="Send none: the server decides."),
            click.option("--no-seed", is_flag=True, help="Send no seeds: some servers refuse the field."),
            click.option(
                "--max-tokens", type=click.IntRange(min=1), default=8192, show_default=True, help="Of one reply."
            ),
            click.option("--extra-body", multiple=True, metavar="KEY=JSON", help="A further field of every request."),
            click.option(
                "--max-connections", type=click.IntRange(min=1), default=16, show_default=True, help="Per endpoint."
            ),
            click.option("--max-retries", type=click.IntRange(min=0), default=6, show_default=True),
            click.option(
                "--timeout",
                type=_POSITIVE,
                callback=finite,
                default=300.0,
                show_default=True,
                metavar="SECONDS",
                help="Of one attempt.",
            ),
            click.option(
                "--total-timeout",
                type=_POSITIVE,
                callback=finite,
                default=1800.0,
                show_default=True,
                metavar="SECONDS",
                help="Of one request with its repetitions.",
            ),
            click.option("--no-adaptive", is_flag=True, help="Ask as many at a time even of a server that says 429."),
        ]
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Models:
    """What the options come to. prices: by model, of those that are known."""

    panel: Panel
    settings: AskSettings
    limits: Limits
    prices: Mapping[str, Prices]
    solutions: int


def settled_models(options: Mapping[str, Any]) -> Models:
    """The panel and how it is asked; BadInput where the options contradict each other or lack something."""
    from ..authored.budget import Limits, Purse, parse_limits
    from ..authored.panel import everyone

    panel = settled_panel(options)
    limits = Limits() if options["budget"] is None else parse_limits(options["budget"])
    prices = _prices(options, panel)
    Purse(limits, prices).check(everyone(panel))
    return Models(panel, _settings(options, panel), limits, prices, options["solutions"])


def settled_panel(options: Mapping[str, Any]) -> Panel:
    """Who is asked for what."""
    from ..authored.panel import member, members, panel_of

    if options["model"] is None:
        raise BadInput("an operator through a model needs --model NAME and --base-url URL")
    url = options["base_url"]
    if url is None:
        if not (options["replay"] or options["dry_run"]):
            raise BadInput("--model needs --base-url URL, the endpoint where it is, e.g. http://localhost:8000/v1")
        url = "http://localhost/v1"  # nobody is asked
    author = member(options["model"], url, options["author_family"])
    others = [
        members(what, options[f"{what}_model"], options[f"{what}_base_url"], options[f"{what}_family"], author.base_url)
        for what in ("solver", "judge")
    ]
    return panel_of(author, *others)


def _settings(options: Mapping[str, Any], panel: Panel) -> AskSettings:
    from ...harness.commands.prompt_options import extra_body
    from ...harness.endpoint.settings import PromptSettings
    from ..authored.asking import DEFAULT_SAMPLING, AskSettings, Sampling

    limit = options["max_tokens"]
    warm = Sampling(None if options["no_temperature"] else options["temperature"], limit)
    cold = Sampling(None if options["no_temperature"] else 0.0, min(limit, DEFAULT_SAMPLING["judge"].max_tokens))
    return AskSettings(
        sampling={"author": warm, "solver": warm, "designer": warm, "judge": cold},
        send_seed=not options["no_seed"],
        fields=PromptSettings(extra_body=extra_body(options["extra_body"])).extra_body,
        connections=options["max_connections"],
        retries=options["max_retries"],
        timeout_s=options["timeout"],
        total_s=options["total_timeout"],
        adaptive=not options["no_adaptive"],
        key_variables={} if options["replay"] or options["dry_run"] else _key_variables(options, panel),
    )


def _key_variables(options: Mapping[str, Any], panel: Panel) -> dict[str, str]:
    """Base URL to the variable that holds its key."""
    from ...harness.endpoint.opening import key_of
    from ..authored.panel import once_or_each

    found: dict[str, str] = {}
    if options["api_key_env"] is not None:
        found[panel.author.base_url] = options["api_key_env"]
    for what, members in (("solver", panel.solvers), ("judge", panel.judges)):
        count = len(options[f"{what}_model"])
        names = once_or_each(f"--{what}-api-key-env", options[f"{what}_api_key_env"], count, None, f"--{what}-model")
        for member, name in zip(members, names, strict=False):
            if name is None:
                continue
            if found.setdefault(member.base_url, name) != name:
                raise BadInput(
                    f"--{what}-api-key-env {name}: {member.base_url} has the key of {found[member.base_url]}"
                )
    for name in found.values():
        key_of({"api_key_env": name})
    return found


def _prices(options: Mapping[str, Any], panel: Panel) -> dict[str, Prices]:
    from ...harness.runs.budget import Prices
    from ...harness.runs.prices import read_prices
    from ..authored.panel import everyone

    found = {} if options["prices"] is None else read_prices(options["prices"])
    given = (options["price_in"], options["price_out"])
    if given == (None, None):
        return found
    if None in given:
        raise BadInput("--price-in and --price-out go together; give both (0 where something is free)")
    return {**{each.model: Prices(*given) for each in everyone(panel)}, **found}


def refuse_without_model(options: Mapping[str, Any], lacks: str) -> None:
    """BadInput where an option that only models need was given and no model was."""
    context = click.get_current_context()
    given = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name in OPTION_NAMES
        and context.get_parameter_source(parameter.name) not in (None, click.core.ParameterSource.DEFAULT)
    ]
    if given:
        raise BadInput(f"{', '.join(given)}: {lacks}")


OPTION_NAMES = frozenset(
    "model base_url author_family api_key_env solver_model solver_base_url solver_family solver_api_key_env "
    "judge_model judge_base_url judge_family judge_api_key_env solutions budget replies replay dry_run price_in "
    "price_out prices temperature no_temperature no_seed max_tokens extra_body max_connections max_retries timeout "
    "total_timeout no_adaptive".split()
)
