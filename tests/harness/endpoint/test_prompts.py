"""Templates, system prompts and stop sequences, down to the bytes that a real server gets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from evalrun.benchmarks import BadInput, Case, CasesTest, CodeTask
from evalrun.harness.cli import main
from evalrun.harness.commands.prompt_options import endpoint_form, prompt_options, prompt_settings
from evalrun.harness.endpoint.prompt import PROMPT_VERSION, STOPS, Prompt, build_prompt, prompt_digest
from evalrun.harness.endpoint.settings import PromptSettings
from evalrun.harness.endpoint.template import PromptTemplate, load_template

if TYPE_CHECKING:
    from ..conftest import Scripts

PROMPT = 'def f(x):\n    """Add one."""\n'
TASK = CodeTask("t/f", PROMPT, "f", PROMPT + "    return x + 1\n", (CasesTest((Case((1,), 2),)),), tags=("easy", "sum"))
RAW = "<|user|>\n{{ prompt }}\n<|assistant|>\n"


def template(tmp_path: Path, source: str) -> PromptTemplate:
    path = tmp_path / "mine.j2"
    path.write_text(source)
    return load_template(path)


def test_without_settings_a_task_is_asked_as_ever() -> None:
    for form in ("chat", "completions"):
        assert PromptSettings().build(TASK, form) == build_prompt(TASK, form)
    assert PromptSettings().to_json() == {"version": PROMPT_VERSION, "digest": prompt_digest()}


def test_a_named_template_goes_with_either_form() -> None:
    assert PromptSettings("completion").fields(TASK, "chat") == {
        "messages": [{"role": "user", "content": PROMPT}],
        "stop": list(STOPS),
    }
    instruct = PromptSettings("instruct").fields(TASK, "completions")
    assert instruct == {"prompt": build_prompt(TASK, "chat").text}


def test_a_system_prompt_is_the_first_message() -> None:
    fields = PromptSettings(system="Be brief.").fields(TASK, "chat")
    assert fields["messages"][0] == {"role": "system", "content": "Be brief."}
    assert [message["role"] for message in fields["messages"]] == ["system", "user"]


def test_a_system_prompt_without_a_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no system message"):
        PromptSettings(system="x").check("completions")
    with pytest.raises(BadInput, match="no system message"):
        PromptSettings(template(tmp_path, RAW), system="x").check("completions")
    PromptSettings(template(tmp_path, "{{ system }}" + RAW), system="x").check("completions")


def test_a_file_is_rendered_to_the_last_byte(tmp_path: Path) -> None:
    settings = PromptSettings(template(tmp_path, RAW))
    assert settings.build(TASK, "completions") == Prompt(f"<|user|>\n{PROMPT}\n<|assistant|>\n")


def test_a_template_knows_what_is_documented_and_no_more(tmp_path: Path) -> None:
    source = "{{prompt}}|{{entry_point}}|{{task_id}}|{{form}}|{{tags|join(',')}}|{{endpoint}}|{{system}}|{{fence}}"
    text = PromptSettings(template(tmp_path, source), system="S").build(TASK, "chat").text
    assert text == f"{PROMPT}|f|t/f|completion|easy,sum|chat|S|```"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ prompt }}\n{% if %}", "line 2: Expected an expression"),
        ("{{ prompt }}\n\n{{ reference }}", "line 3: no variable 'reference'"),
        ("{{ prompt }}\n{% include 'x' %}", "line 2: a prompt template is one file"),
        ("{{ prompt }}\n{{ prompt | nofilter }}", "line 2: No filter named 'nofilter'"),
        ("{{ prompt }}\n{{ prompt is notest }}", "line 2: No test named 'notest'"),
        ("{{ " + "(" * 3000 + "prompt" + ")" * 3000 + " }}", "nested too deeply"),
        ("nothing of the task", "never uses {{ prompt }}"),
    ],
)
def test_a_wrong_template_is_refused_with_its_line(source: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as raised:
        template(tmp_path, source)
    assert str(raised.value).startswith(str(tmp_path / "mine.j2"))
    assert said in str(raised.value)


@pytest.mark.parametrize(
    "source",
    [
        "{{ prompt }}\n{{ tags[9] }}",
        "{{ prompt }}\n{{ ().__class__.__mro__ }}",
        "{{ prompt }}\n{{ tags.append(1) }}",
        "{{ prompt }}\n{{ 1 / 0 }}",
        "{{ prompt }}\n{{ range(99999999) | list }}",
    ],
)
def test_a_template_that_fails_on_a_task_or_reaches_out_names_its_line(source: str, tmp_path: Path) -> None:
    settings = PromptSettings(template(tmp_path, source))
    with pytest.raises(BadInput, match=r"mine\.j2, line 2: for the task t/f"):
        settings.build(TASK, "chat")


@pytest.mark.parametrize(
    "source",
    [
        '{{ "a" * 3000000000 }}',
        '{{ 3000000000 * "a" }}',
        "{{ 10 ** 3000000000 }}",
        '{{ "a" | center(3000000000) }}',
        '{{ "a".ljust(3000000000) }}',
        '{{ "a".replace("a", "b" * 900000).replace("b", "c" * 900000) }}',
        '{{ range(99999) | join("a" * 900000) }}',
        '{{ ("a" * 900000).join(range(99999) | map("string")) }}',
        '{{ ("\\n" * 90000) | indent(90000, blank=true) }}',
        '{{ "%3000000000d" % 1 }}',
        '{{ "%*d" % (3000000000, 1) }}',
        '{{ "%3000000000d" | format(1) }}',
        '{{ "{:3000000000}".format(1) }}',
        '{{ "{:{}}".format(1, "3000000000") }}',
        "{{ [1] * 3000000000 }}",
        '{% set n = namespace(x="a") %}{% for i in range(40) %}{% set n.x = n.x ~ n.x %}{% endfor %}',
        '{% set n = namespace(x="a") %}{% for i in range(40) %}{% set n.x = n.x + n.x %}{% endfor %}',
        '{% set n = namespace(x="a") %}{% for i in range(40) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}',
        "{% for i in range(99999) %}{% for i in range(99999) %}{{ prompt }}{% endfor %}{% endfor %}",
        "{% set x %}{% for i in range(999) %}{% for i in range(999) %}{{ prompt }}{% endfor %}{% endfor %}{% endset %}",
        "{{ prompt.upper }}",
        "{{ joiner() }}",
    ],
)
def test_a_template_that_asks_for_the_boundless_or_an_address_is_refused_at_once(source: str, tmp_path: Path) -> None:
    settings = PromptSettings(template(tmp_path, "{{ prompt }}\n" + source))
    with pytest.raises(BadInput, match=r"mine\.j2(, line 2)?: for the task t/f: \S"):
        settings.build(TASK, "chat")


@pytest.mark.parametrize("source", ["{{ lipsum(n=100000000) }}", "{{ cycler(1) }}", "{{ tags | random }}"])
def test_what_would_make_two_renderings_differ_is_not_there(source: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"line 2: [Nn]o (variable|filter)"):
        template(tmp_path, "{{ prompt }}\n" + source)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ('{{ "-" * 3 ~ 2 ** 3 ~ tags | length }}', "---82"),
        ('{{ "%s-%05d 123456" % ("a", 3) }}{{ "{:>4}|{}".format(1, 123456789) }}', "a-00003 123456   1|123456789"),
        ('{{ tags | map("upper") | join(", ") }}', "EASY, SUM"),
        ('{{ ["a", "b"] | join | indent(2, true) }}{{ "a" | center(3) }}{{ ", ".join(tags) }}', "  ab a easy, sum"),
        ("{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(123456789) }}{{ system }}", "<123456789>None"),
        ("{% set s = joiner('; ') %}{% for t in tags %}{{ s() }}{{ t }}{% endfor %}", "easy; sum"),
        ("{{ {'a': [1, 2]} | tojson }}{{ dict(a=1) | length }}{{ prompt | replace('zz', 'y') | trim | length }}", None),
    ],
)
def test_what_templates_are_written_with_works(source: str, shown: str | None, tmp_path: Path) -> None:
    text = PromptSettings(template(tmp_path, source + "|{{ prompt }}")).build(TASK, "chat").text
    assert text == (shown or '{"a": [1, 2]}1' + str(len(PROMPT.strip()))) + "|" + PROMPT


@pytest.mark.parametrize(
    "source", ["{% if false %}{{ prompt }}{% endif %} x", "{% set y = prompt %}x", "{{ task_id if true else prompt }}"]
)
def test_a_template_that_shows_nothing_of_the_prompt_is_refused(source: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="shows nothing of the prompt of the task t/f"):
        PromptSettings(template(tmp_path, source)).build(TASK, "chat")


@pytest.mark.parametrize("source", ["{{ prompt | indent(4) }}", "{{ prompt[:9] }}", "{{ prompt | upper }}"])
def test_a_template_may_change_the_prompt(source: str, tmp_path: Path) -> None:
    assert PromptSettings(template(tmp_path, source)).build(TASK, "chat").text.strip()


def test_a_failure_without_a_message_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> str:
        raise MemoryError

    monkeypatch.setattr(PromptTemplate, "_rendered", fail)
    with pytest.raises(BadInput, match="for the task t/f: MemoryError"):
        PromptSettings(template(tmp_path, RAW)).build(TASK, "chat")


def test_a_template_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.j2").write_bytes(b"{{ prompt }}\xff")
    with pytest.raises(BadInput, match="not UTF-8 at byte 12"):
        load_template(tmp_path / "latin.j2")
    with pytest.raises(BadInput, match="cannot be read"):
        load_template(tmp_path)


def test_the_manifest_tells_settings_apart(tmp_path: Path) -> None:
    first = PromptSettings(template(tmp_path, RAW)).to_json()
    second = PromptSettings(template(tmp_path, RAW + " ")).to_json()
    assert first["template"] == second["template"] == "mine.j2"
    assert first["template_digest"] != second["template_digest"]
    whole = PromptSettings("instruct", "S", (), {"reasoning_effort": "high"}).to_json()
    assert whole | {"version": 0, "digest": ""} == {
        "version": 0,
        "digest": "",
        "template": "instruct",
        "system": "S",
        "stop": [],
        "extra_body": {"reasoning_effort": "high"},
    }
    assert json.dumps(whole)


def parsed(*arguments: str) -> tuple[str, PromptSettings]:
    found: list[Any] = []

    @click.command()
    @click.option("--form", default="chat")
    @prompt_options
    def command(**options: Any) -> None:
        form = endpoint_form(options)
        found.append((form, prompt_settings(options, form)))

    command.main(list(arguments), standalone_mode=False)
    result: tuple[str, PromptSettings] = found[0]
    return result


def test_options_come_to_settings(tmp_path: Path) -> None:
    (tmp_path / "system.txt").write_text("Be\nbrief.\n")
    form, settings = parsed(
        "--system", f"@{tmp_path / 'system.txt'}", "--stop", r"\ndef ", "--stop", "END",
        "--extra-body", 'chat_template_kwargs={"enable_thinking": false}', "--extra-body", "top_k=20",
    )  # fmt: skip
    assert form == "chat"
    assert settings == PromptSettings(
        system="Be\nbrief.",
        stop=("\ndef ", "END"),
        extra_body={"chat_template_kwargs": {"enable_thinking": False}, "top_k": 20},
    )
    assert parsed() == ("chat", PromptSettings())
    assert parsed("--raw", "--no-stop") == ("completions", PromptSettings(stop=()))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--raw", "--form", "chat"], "leave one out"),
        (["--stop", "x", "--no-stop"], "contradict"),
        (["--stop", ""], "empty"),
        (["--system", "@/no/such/file"], "cannot be read"),
        (["--prompt-template", "chatml"], "neither one of instruct, completion nor a file"),
        (["--extra-body", "reasoning_effort"], "expected KEY=JSON"),
        (["--extra-body", "reasoning_effort=high"], "a text needs its quotes"),
        (["--extra-body", "x=NaN"], "is not JSON"),
        (["--extra-body", "x=1e999"], "1e999 is out of range"),
        (["--extra-body", f"x={'[' * 5000}{']' * 5000}"], "is not JSON"),
        (["--extra-body", f"x={'[' * 200}{']' * 200}"], "nested deeper than 100"),
        (["--system", "@/dev/zero"], "not a regular file"),
        (["--prompt-template", "/dev/zero"], "not a regular file"),
        (["--prompt-template", "x" * 5000], "nor a file"),
        (["--extra-body", "x=1", "--extra-body", "x=2"], "given twice"),
        (["--extra-body", "temperature=1"], "another option"),
        (["--extra-body", 'api_key="secret"'], "not set here"),
        (["--raw", "--system", "x"], "no system message"),
    ],
)
def test_options_that_make_no_sense_are_refused(arguments: list[str], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        parsed(*arguments)


def run(scripts: Scripts, folder: Path, *arguments: str) -> tuple[int, list[dict[str, Any]], list[str]]:
    server = scripts.serve([scripts.good("```python\nx = 1\n```")])
    command = ["run", "--suite", "core", "--limit", "1", "--model", "m", "--base-url", server.base_url]
    code = main([*command, "--generate-only", "-o", str(folder), *arguments])
    return code, server.bodies, server.paths


def test_a_server_sees_the_settings_and_the_manifest_holds_them(scripts: Scripts, tmp_path: Path) -> None:
    code, (body,), (path,) = run(
        scripts, tmp_path / "run", "--system", "Be brief.", "--stop", "END", "--extra-body", "top_k=20"
    )
    assert code == 0
    assert path == "/v1/chat/completions"
    assert (body["messages"][0]["content"], body["stop"], body["top_k"]) == ("Be brief.", ["END"], 20)
    manifest = json.loads((tmp_path / "run" / "run.json").read_text())
    assert manifest["prompt"]["system"] == "Be brief."
    assert manifest["prompt"]["extra_body"] == {"top_k": 20}


def test_raw_mode_sends_the_rendered_text_and_nothing_else(scripts: Scripts, tmp_path: Path) -> None:
    (tmp_path / "chatml.j2").write_text("<s>{{ prompt }}</s>\n")
    code, (body,), (path,) = run(scripts, tmp_path / "run", "--raw", "--prompt-template", str(tmp_path / "chatml.j2"))
    assert code == 0
    assert path == "/v1/completions"
    assert sorted(body) == ["model", "prompt"]
    assert body["prompt"].startswith("<s>")
    assert body["prompt"].endswith("</s>\n")


def test_a_run_is_not_resumed_with_another_template(
    scripts: Scripts, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.j2"
    file.write_text("{{ prompt }}")
    arguments = ["--prompt-template", str(file), "--resume"]
    assert run(scripts, tmp_path / "run", *arguments)[0] == 0
    file.write_text("{{ prompt }} please")
    code, bodies, _ = run(scripts, tmp_path / "run", *arguments)
    assert (code, bodies) == (2, [])
    assert "prompt.template_digest" in capsys.readouterr().err
