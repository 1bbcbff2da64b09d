"""The control baselines: what each knows, how it finds the task that is asked, and how it words its answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from evalrun.benchmarks import BadInput, Case, CasesTest, CodeTask, StdioCase, StdioTest, Suite
from evalrun.harness.endpoint.extract import extract
from evalrun.harness.endpoint.prompt import STOPS, EndpointForm, build_prompt, prompt_digest
from evalrun.harness.serve.baselines import AdaptingMemorizer, Memorizer, NoAnswer, Question, Reference, Stub
from evalrun.harness.serve.programs import adapted, as_body
from evalrun.harness.serve.prompts import PromptIndex
from evalrun.harness.serve.question import wanted


def function(name: str, doc: str, body: str, *, form: str = "completion", suite: str = "toy") -> CodeTask:
    prompt = f'def {name}(x: int) -> int:\n    """{doc}"""\n'
    test = CasesTest((Case((1,), 2),))
    return CodeTask(f"{suite}/{name}", prompt, name, prompt + body, (test,), form=form)  # type: ignore[arg-type]


ADD = function("add_one", "Return the number that follows x in the usual order.", "    return x + 1\n")
HALVE = function("halve", "Return half of x, rounded down to a whole number.", "    return x // 2\n")
FENCED = function("fenced", "Like so:\n\n    ```\n    fenced(1)\n    ```\n    ", "    return 7\n")
PROGRAM = CodeTask(
    "toy/echo",
    "Print the input twice.",
    None,
    "print(2 * input())",
    (StdioTest((StdioCase("a", "aa"),)),),
    form="instruct",
)
TOY = Suite("toy", "1", (ADD, HALVE, FENCED, PROGRAM))
CORE = Suite.load("core")


def chat(task: CodeTask, count: int = 1, seed: int | None = None) -> Question:
    return Question(build_prompt(task, "chat").text, "chat", count, seed)


def test_a_chat_prompt_holds_the_task_word_for_word_and_names_the_function() -> None:
    for task in (*TOY, *CORE):
        prompt = build_prompt(task, "chat")
        assert task.prompt.strip() in prompt.text
        assert task.entry_point is None or f"`{task.entry_point}`" in prompt.text
        assert prompt.stop == ()


def test_a_chat_prompt_is_fenced_so_that_the_task_cannot_close_the_fence() -> None:
    assert "````python\n" in build_prompt(FENCED, "chat").text
    assert "````" not in build_prompt(ADD, "chat").text


def test_completions_get_the_prompt_itself_and_stops_only_where_a_function_is_continued() -> None:
    assert (build_prompt(ADD, "completions").text, build_prompt(ADD, "completions").stop) == (ADD.prompt, STOPS)
    assert build_prompt(PROGRAM, "completions").stop == ()
    assert len(STOPS) <= 4


def test_the_wording_of_the_prompts_is_pinned() -> None:
    assert prompt_digest() == DIGEST_OF_VERSION_2, "a changed wording needs a new PROMPT_VERSION and a new digest here"


DIGEST_OF_VERSION_2 = "46edd14a7a003ceafeb8e2ae565a6b8fe3ad6feaadebf20a8b7ba8df597e9a24"


def test_what_the_reference_says_is_read_back_whole() -> None:
    baseline = Reference([TOY, CORE])
    for task in (*TOY, *CORE):
        (text,) = baseline.answer(chat(task))
        found = extract(text, form=task.form, entry_point=task.entry_point)
        assert found.code.strip() == task.reference.strip()
        prompt = build_prompt(task, "completions").text
        (text,) = baseline.answer(Question(prompt, "completions"))
        found = extract(text, form=task.form, entry_point=task.entry_point)
        program = prompt + found.code if found.assembly == "append" else found.code
        assert program.strip() == task.reference.strip()


def test_the_reference_knows_only_its_suites() -> None:
    with pytest.raises(NoAnswer):
        Reference([TOY]).answer(Question("def other(): ...", "chat"))


def test_the_stub_is_named_as_asked_and_never_right() -> None:
    (text,) = Stub().answer(chat(HALVE))
    code = extract(text, form="completion", entry_point="halve").code
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    with pytest.raises(NotImplementedError):
        namespace["halve"](4)
    (program,) = Stub().answer(Question("Print something.", "completions"))
    assert program == "raise NotImplementedError\n"


def test_the_memorizer_recites_the_parent_when_the_name_has_changed() -> None:
    renamed = function("successor_of", "Return the number that follows x in the usual order.", "    return x + 1\n")
    (text,) = Memorizer([TOY]).answer(chat(renamed))
    assert ADD.reference.strip() in text
    assert "successor_of" not in text


def test_the_memorizer_fails_where_only_the_name_has_changed_in_both_forms() -> None:
    typed = CodeTask(
        "toy/typed",
        'from typing import List\n\n\ndef total(items: List[int]) -> int:\n    """Add up all the given items."""\n',
        "total",
        'from typing import List\n\n\ndef total(items: List[int]) -> int:\n    """Add up all the given items."""\n'
        "    return sum(items)\n",
        ADD.tests,
        form="completion",
    )
    renamed = replace(typed, id="toy/renamed", prompt=typed.prompt.replace("total", "whole"), entry_point="whole")
    known = [Suite("typed", "1", (typed,))]
    for form, question in (("chat", chat(renamed)), ("completions", continued(renamed))):
        (recited,) = Memorizer(known).answer(question)
        assert typed.reference.strip() in recited
        (adapted_one,) = AdaptingMemorizer(known).answer(question)
        assert program_in(adapted_one, renamed, form)["whole"]([1, 2]) == 3  # type: ignore[arg-type]


def test_the_memorizer_goes_by_the_name_before_the_likeness() -> None:
    changed = function("halve", "Return the number that follows x in the usual order, and so on.", "    return x + 1\n")
    (text,) = Memorizer([TOY]).answer(chat(changed))
    assert HALVE.reference.strip() in text


def test_the_memorizer_always_says_something() -> None:
    (text,) = Memorizer([TOY]).answer(Question("", "chat"))
    assert ADD.reference.strip() in text


def continued(task: CodeTask) -> Question:
    prompt = build_prompt(task, "completions")
    return Question(prompt.text, "completions", stop=prompt.stop)


def namespace_of(program: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(program, namespace)
    return namespace


def program_in(text: str, task: CodeTask, form: EndpointForm) -> dict[str, Any]:
    """The names that an answer defines, as scoring would find them."""
    found = extract(text, form=task.form, entry_point=task.entry_point)
    return namespace_of(task.prompt + found.code if found.assembly == "append" else found.code)


def test_the_adapting_memorizer_takes_the_name_and_the_parameters_that_are_asked_for() -> None:
    asked = CodeTask(
        "toy/asked",
        'def successor_of(number: int) -> int:\n    """Return the number that follows number in the usual order."""\n',
        "successor_of",
        "",
        ADD.tests,
        form="completion",
    )
    for form in ("chat", "completions"):
        question = chat(asked) if form == "chat" else continued(asked)
        (text,) = AdaptingMemorizer([TOY]).answer(question)
        defined = program_in(text, asked, form)  # type: ignore[arg-type]
        assert defined["successor_of"](number=4) == 5, form
        assert "add_one" not in defined


def test_the_adapting_memorizer_recites_word_for_word_where_nothing_has_changed() -> None:
    for task in CORE:
        assert AdaptingMemorizer([CORE]).answer(chat(task)) == Memorizer([CORE]).answer(chat(task))


def test_an_answer_is_worded_so_that_stop_sequences_leave_it_whole() -> None:
    helped = CodeTask(
        "toy/helped",
        'def twice(x: int) -> int:\n    """Return two times x, by way of a helper."""\n',
        "twice",
        "import math\n\n\ndef _double(x):\n    '''Double.\n\nclass of its own'''\n    return math.prod((2, x))\n\n\n"
        "def twice(x: int) -> int:\n    return _double(x)\n",
        ADD.tests,
        form="completion",
    )
    question = continued(helped)
    for baseline in (Reference([Suite("h", "1", (helped,))]), AdaptingMemorizer([Suite("h", "1", (helped,))])):
        (text,) = baseline.answer(question)
        assert not [stop for stop in STOPS if stop in text]
        assert program_in(text, helped, "completions")["twice"](21) == 42
        (whole,) = baseline.answer(Question(question.text, "completions"))
        assert whole == helped.reference


RECURSIVE = """\
from functools import reduce


def depth(tree, key=0):
    # how deep
    def inner(tree):
        return 1 + max((depth(each, key=key) for each in tree), default=0)
    return inner(tree) + key
"""


@pytest.mark.parametrize(
    ("program", "entry", "signature", "call", "value"),
    [
        (RECURSIVE, "depth", "def height(nest, base=0): ...", lambda f: f(nest=[[[]]], base=0), 3),
        ("def f(a, b):\n    return a - b\n", "f", "def g(b, a): ...", lambda f: f(5, a=3), 2),
        ("def f(a, *rest):\n    return a, rest\n", "f", "def g(x, *y): ...", lambda f: f(1, 2), (1, (2,))),
        ("def f(a):\n    return len(a)\n", "f", "def g(len): ...", lambda f: f(len="abc"), 3),
        ("def f(key):\n    return sorted('ba', key=key)\n", "f", "def g(k): ...", lambda f: f(k=None), ["a", "b"]),
        ("def f(a):\n    return locals()['a']\n", "f", "def g(b): ...", lambda f: f(b=8), 8),
        ("def f(a):\n    return a\n", "f", "def g(a, more): ...", lambda f: f(a=6), 6),
        ("def g():\n    return 1\n\ndef f(a):\n    return g() + a\n", "f", "def g(a): ...", lambda f: f(1), 2),
        ("class F:\n    def get(self):\n        return F\n", "F", "class G: ...", lambda f: f().get() is f, True),
    ],
)
def test_a_program_does_the_same_under_other_names(
    program: str, entry: str, signature: str, call: Callable[[Any], Any], value: object
) -> None:
    asked = wanted(signature, "completions")
    assert asked is not None
    assert call(namespace_of(adapted(program, entry, asked))[asked.name]) == value


def test_what_cannot_be_adapted_is_recited_as_it_is() -> None:
    asked = wanted("def g(b): ...", "completions")
    assert asked is not None
    for program in ("def f(a: return a\n", "f = lambda a: a\n", "x = 1\n"):
        assert adapted(program, "f", asked) == program


def test_a_program_becomes_a_body_or_says_that_it_cannot() -> None:
    program = "from __future__ import annotations\nimport math\n\ndef f(a, *, b=2):\n    return math.gcd(a, b)\n"
    body = as_body(program, "f")
    assert namespace_of(f"def f(a, *, b=2):\n{body}")["f"](9, b=6) == 3
    assert as_body("from math import *\ndef f(a):\n    return a\n", "f") is None
    hiding = wanted("def g(len): ...", "completions")
    assert hiding is not None
    assert as_body("def f(a):\n    return len(a)\n", "f", hiding.arguments) is None
    assert as_body("a = 3\ndef f(a):\n    return a\n", "f") is None
    assert as_body("count = 0\ndef f(a):\n    global count\n    count += a\n", "f") is None


@pytest.mark.parametrize(
    ("text", "form", "name", "parameters"),
    [
        ("Write `solve`.\n\nUse `None` for nothing, `helper` if you like.", "chat", "solve", None),
        ("def helper(a): ...\n\n\ndef main_one(b, c=(1, 2)): ...\n", "completions", "main_one", ["b", "c"]),
        ("Finish `first`.\n\ndef first(a): ...\n\n\ndef later(b): ...\n", "chat", "first", ["a"]),
        ("See `first`.\n\ndef first(a): ...\n\n\ndef later(b): ...\n", "completions", "later", ["b"]),
        ("class Box:\n    def __init__(self): ...\n", "completions", "Box", None),
        ("def f(\n    a: str = ')',\n    *b: int,\n) -> None:\n", "chat", "f", ["a", "b"]),
        ("def broken(a, ", "chat", "broken", None),
        ("Add two numbers.\nassert plus(1, 2) == 3", "chat", "plus", None),
    ],
)
def test_the_asked_function_is_found(text: str, form: EndpointForm, name: str, parameters: list[str] | None) -> None:
    found = wanted(text, form)
    assert found is not None
    assert found.name == name
    given = found.arguments and [*found.arguments.args, *filter(None, [found.arguments.vararg])]
    assert (given and [each.arg for each in given]) == parameters


def test_a_text_that_asks_for_no_function_is_said_to_ask_for_none() -> None:
    assert wanted("What is the time?", "chat") is None


def suite_of(prompts: Iterable[str]) -> Suite:
    tasks = (CodeTask(f"many/{n}", prompt, "f", "def f(): ...", ADD.tests) for n, prompt in enumerate(prompts))
    return Suite("many", "1", tuple(tasks))


def test_of_several_prompts_in_a_text_the_last_is_asked_and_the_longest_of_those_that_end_together() -> None:
    index = PromptIndex([suite_of(["Add.", "Add. Then halve.", "Then halve.", "Say: ok", "x" * 200])])

    def asked(text: str) -> str | None:
        task = index.asked(text)
        return task.id if task else None

    assert asked("Example:\nAdd. Then halve.\n\nNow you:\nAdd.\n") == "many/0"
    assert asked("Add. Then halve.") == "many/1"
    assert asked("  Then halve. Please.") == "many/2"
    assert asked('the task is "Say: ok", no more') == "many/3"
    assert asked("Subtract.") is None
    assert asked("") is None


def test_a_prompt_is_found_as_fast_among_five_thousand() -> None:
    begin = "Write a python function to find, given a list of integers and a number,"
    prompts = [f"{begin} the item at place {n} times {n % 7} after all items are sorted by digit." for n in range(5000)]
    index = PromptIndex([suite_of(prompts)])
    index.nearest("warm up")
    began = time.process_time()
    for n in range(0, 5000, 25):
        found = index.asked(f"Solve this.\n\n{prompts[n]}\n\nThank you, number {n}.")
        assert found is not None
        assert found.id == f"many/{n}"
        assert index.nearest(prompts[n].replace("Write a python", "Build some")).id == f"many/{n}"
    each_s = (time.process_time() - began) / 200
    assert each_s < 0.0015  # both together; a look at every prompt takes three times that


def test_the_nearest_prompt_is_that_of_which_most_occurs() -> None:
    prompts = ["sort the list of names by length", "sort the list of names by age and length", "say hello to the world"]
    index = PromptIndex([suite_of(prompts)])
    assert index.nearest("Please say hello to the whole world").id == "many/2"
    assert index.nearest("sort the list of names by age and").id == "many/1"
    assert index.nearest("nothing in common").id == "many/0"
    assert index.nearest("say hello to the world", among=[0, 1]).id == "many/0"


def test_a_reference_baseline_without_references_is_refused() -> None:
    empty = CodeTask("toy/empty", "Do it.", "f", "", ADD.tests)
    with pytest.raises(BadInput, match="have no reference"):
        Reference([Suite("e", "1", (empty,))])
    with pytest.raises(BadInput, match="at least one task"):
        PromptIndex([])
