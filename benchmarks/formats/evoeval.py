"""EvoEval rows: HumanEval problems evolved by a model, with inputs as texts of argument lists.

Fields: ``task_id, prompt, entry_point, canonical_solution, inputs``, usually ``parent`` and ``contract``. A program is
``prompt + "\\n" + canonical_solution``. The ids of a file (``EvoEval/0``) occur in every set, so a task's id is made
of the set's name: ``EvoEval_difficult/0``. (The verbose and concise sets are EvalPlus rows.)
"""

from __future__ import annotations

from ..compare import Comparator
from ..task import Case, CasesTest, CodeTask
from .evalplus import ROOT_ORACLE
from .rows import Row
from .source import literal_arguments

PARENT = "parent:"  # what the tag that names a task's parent begins with
FORMAT = "evoeval"
FIELDS = ("task_id", "prompt", "entry_point", "canonical_solution", "inputs")

#: EvoEval's evaluator: equal types all the way down, floats by numpy.allclose(atol=1e-6).
COMPARATOR = Comparator(types="exact", atol=1e-6)

#: What both oracles about polynomials need: the value at a point, and whether an answer is a number at all.
_POLYNOMIAL = ROOT_ORACLE.partition("def accept")[0]

#: Entry points of tasks with several right answers.
ORACLES = {
    # difficult/10: a palindrome in any mixture of cases, no longer than the reference's.
    ("make_palindrome", "insensitive"): """\
def accept(args, got, expected):
    if type(got) is not str or len(got) != len(expected) or not got.startswith(args[0]):
        return False
    return got.lower() == got[::-1].lower()
""",
    # difficult/32: any root inside the interval; the task asks for two decimal places.
    ("find_zeros_interval", ""): _POLYNOMIAL
    + """\
def accept(args, got, expected):
    if expected is None or got is None:
        return got is None and expected is None
    start, end = args[1]
    return is_number(got) and start <= got <= end and abs(value_at(args[0], got)) <= 2e-2
""",
    # subtle/32: any root of the polynomial whose later coefficients belong to odd powers.
    ("find_zero", ""): _POLYNOMIAL
    + """\
def accept(args, got, expected):
    spread = list(args[0][:2])
    for coefficient in args[0][2:]:
        spread += [0, coefficient]
    return is_number(got) and abs(value_at(spread, got)) <= 1e-6
""",
}


def read_row(row: Row, set_name: str) -> CodeTask:
    """One task of the set ``set_name``; the file's own id is kept as ``source_id``, so that answer files can be
    joined.
    """
    source_id, prompt, entry_point = row.text("task_id"), row.text("prompt"), row.name("entry_point")
    parent = row.text("parent") if "parent" in row.data else ""
    cases = tuple(_case(text) for text in row.texts("inputs"))
    return CodeTask(
        id=f"{set_name}/{source_id.rpartition('/')[2]}",
        prompt=prompt,
        entry_point=entry_point,
        reference=prompt + "\n" + row.text("canonical_solution"),
        tests=(CasesTest(cases, COMPARATOR, _oracle(entry_point, prompt)),),
        tags=(f"{PARENT}{parent}",) if parent else (),
        metadata=row.metadata(FORMAT, source_id, FIELDS),
    )


def _case(text: str) -> Case:
    arguments = literal_arguments(text)
    # An expression such as [1] * 1000 is kept as text; it is only ever evaluated inside the sandbox.
    return Case(args_source=text) if arguments is None else Case(arguments)


def _oracle(entry_point: str, prompt: str) -> str | None:
    for (name, word), source in ORACLES.items():
        if name == entry_point and word in prompt:
            return source
    return None
