"""What the texts of a draft must show before anything is run or paid for: that they are what was asked for, that the
programs can reach nothing, and that the prompt asks for something and does nothing else.

Whatever is refused here is refused for good. The list of harmless modules is short on purpose: a reference that needs
more than these is no reference for a benchmark task.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence

from ...benchmarks import CodeTask
from ..protocol import Gate, NotApplicable
from ..purity import impure_uses
from ..syntax import nodes_of
from ..wrapping import signature_of
from .fields import MAX_CONTRACT, MAX_PROGRAM
from .folding import folded
from .languages import orders_in
from .modules import strays
from .programs import read_contract, read_program, read_reference
from .protocol import Draft, UnusableReply
from .signatures import Stated, read_signature
from .spans import check_spans
from .state import kept_between_calls
from .wording import check_leak, check_spec

MAX_PROMPT = 12_000
HARMLESS = frozenset(
    "__future__ abc array base64 binascii bisect calendar cmath collections copy dataclasses datetime decimal difflib "
    "enum fractions functools graphlib hashlib heapq itertools json math numbers operator re statistics string "
    "textwrap typing unicodedata zlib".split()
)
_REACHING = frozenset(
    "attrgetter methodcaller get_type_hints ForwardRef eval exec compile globals locals vars breakpoint delattr "
    "setattr getattr memoryview open input print help exit quit".split()
)
# Functions whose value is another one each time; as names they are common ("id" is a fine name for an argument).
_CHANGING = frozenset(("id", "hash"))
# They read attributes that a text names, so the text must be there to be looked at.
_FORMATS = frozenset(("format", "format_map"))
# Attributes through which a harmless module leads further, and those of frames and code.
_LEADING = frozenset(
    "sys os _sys _os builtins modules random now today utcnow attrgetter methodcaller get_type_hints ForwardRef "
    "f_back f_globals f_locals f_builtins "
    "f_code f_trace tb_frame tb_next gi_frame gi_code gi_yieldfrom cr_frame cr_code cr_await cr_origin ag_frame "
    "ag_code ag_await co_code co_consts co_names func_globals func_code im_func im_self".split()
)
_SPECIAL = frozenset(
    "__init__ __post_init__ __repr__ __str__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ __len__ __iter__ "
    "__next__ __contains__ __getitem__ __setitem__ __add__ __sub__ __mul__ __neg__ __bool__ __call__ __slots__".split()
)
_INJECTION = re.compile(
    r"\b(?:give|award|assign|grant)\b[^.\n]{0,40}\b(?:full|maximum|perfect|highest|best|top)\b[^.\n]{0,20}"
    r"\b(?:marks?|scores?|points|grades?|credit|rating)\b"
    r"|\b(?:mark|grade|score|rate|judge|accept|treat)\b[^.\n]{0,40}\bas (?:correct|passed|passing|right|valid)\b"
    r"|\b(?:grader|evaluator|examiner|reviewer|judge|scorer)s?\b[^.\n]{0,60}\b(?:must|should|shall|please|always)\b"
    r"|\b(?:any|every|all) (?:answers?|solutions?|submissions?|responses?|programs?) (?:is|are|count|pass|will)\b"
    r"|\b(?:do not|don't|never|without) (?:run|running|execute|executing|test|testing|verify|verifying) "
    r"(?:this|the|any|it)\b"
    r"|\b(?:your|the) (?:instructions|guidelines|system message|developer message)\b"
    r"|\b(?:reveal|print|output|repeat|leak)\b[^.\n]{0,30}\b(?:secrets?|api keys?|passwords?|environment variables?)\b"
    r"|\b(?:importance|attention|note to)\b[^.\n]{0,20}\b(?:llm|ai|model|assistant|grader|evaluator)s?\b"
    r"|(?:https?|ftp)://",
    re.IGNORECASE,
)
_OPAQUE = re.compile(r"[A-Za-z0-9+/=_-]{120,}")
_CODE_SPAN = re.compile(r"`([A-Za-z_]\w*)`")
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8}
_ORDINAL = re.compile(rf"\b({'|'.join(_ORDINALS)})\s+(?:argument|parameter)\b", re.IGNORECASE)


def screened(draft: Draft, parents: Sequence[CodeTask], known: str = "") -> tuple[Gate, ...]:
    """The gates of a draft's texts, up to the first that does not hold; its evidence says why, in one line.

    known: a text that was there before (the parent's, of a preserving operator), which may be said again.
    """
    gates: list[Gate] = []
    for name, problem in _problems(draft, parents, known):
        gates.append(Gate(name, not problem, {"problem": problem} if problem else {}))
        if problem:
            break
    return tuple(gates)


def _problems(draft: Draft, parents: Sequence[CodeTask], known: str) -> Iterator[tuple[str, str]]:
    if not draft.preserved:
        yield "well_formed", _malformed(draft)
        yield "pure", _impure(draft)
        yield "no_stale_names", _stale(draft, parents)
    yield "no_injection", _injected(draft.spec, known) or _injected_in_helpers(draft)
    yield "spec_only", _fault(lambda: check_spec(draft.spec, draft.entry_point, known))
    programs = [parent.reference for parent in parents[:1]] if draft.preserved else [draft.reference]
    yield "no_leak", _fault(lambda: check_leak(draft.spec, programs)) or _fault(lambda: _check_spans(draft, known))


def _fault(check: Callable[[], object]) -> str:
    try:
        check()
    except UnusableReply as error:
        return str(error)
    return ""


def _check_spans(draft: Draft, known: str) -> None:
    # as words: the signature of a parent that is kept may be of any form
    names = {*re.findall(r"\w+", draft.signature), *(helper.name for helper in draft.helpers)}
    check_spans(draft.spec, names, known)


def _malformed(draft: Draft) -> str:
    def check() -> None:
        stated = read_signature(draft.signature)
        if stated.name != draft.entry_point or stated.line != draft.signature:
            raise UnusableReply("the signature is not that of the entry point")
        read_reference(draft.reference, stated, MAX_PROGRAM + sum(len(helper.program) + 4 for helper in draft.helpers))
        read_contract(draft.contract, stated, MAX_CONTRACT)
        for helper in draft.helpers:
            read_program(helper.program, "helper", MAX_PROGRAM)

    return _fault(check)


def stated_of(draft: Draft) -> Stated:
    """The signature of a draft that is well-formed."""
    return read_signature(draft.signature)


def _impure(draft: Draft) -> str:
    for name, source in (("reference", draft.reference), ("contract", draft.contract)):
        found = sorted(reaches(source))
        if found:
            return f"the {name} depends on or reaches {found[0]}"
    return ""


def reaches(source: str) -> set[str]:
    """What a program depends on beside its arguments, or could reach another program through; the empty set for none.

    SyntaxError where it does not parse.
    """
    nodes = nodes_of(source)
    found = impure_uses(source) | strays(nodes, HARMLESS) | _changing(nodes)
    found |= {f"what {name} keeps between calls" for name in kept_between_calls(nodes)}
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.partition(".")[0] not in HARMLESS}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level or module.partition(".")[0] not in HARMLESS:
                found.add(module or "a relative import")
            found |= {alias.name for alias in node.names if alias.name in _REACHING | _LEADING or _special(alias.name)}
        elif isinstance(node, ast.Name) and (node.id in _REACHING or _special(node.id)):
            found.add(node.id)
        elif isinstance(node, ast.Call) and _makes_a_class(node):
            found.add("type with three arguments")
        elif isinstance(node, ast.Attribute) and (node.attr in _LEADING or _special(node.attr)):
            found.add(f".{node.attr}")
        elif isinstance(node, ast.Attribute) and node.attr in _FORMATS and not isinstance(node.value, ast.Constant):
            found.add(f"the {node.attr} of a text that is not written out")
        elif isinstance(node, ast.MatchClass):  # case object(__globals__=found)
            found |= {f".{name}" for name in node.kwd_attrs if name in _LEADING or _special(name)}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) and _special(node.name):
            found.add(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"\.__\w|\[__\w", node.value):
            found.add("an attribute in a format")  # "{0.__class__}".format(...)
    return found


def _changing(nodes: Sequence[ast.AST]) -> set[str]:
    """Python's own functions with another value each time, called or handed on (``map(hash, texts)``); not where the
    program has something of its own by that name."""
    own = {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    read = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return (called | (read - own)) & _CHANGING


def _makes_a_class(node: ast.Call) -> bool:
    """``type(name, bases, members)``, whose members' names need not be written out."""
    return isinstance(node.func, ast.Name) and node.func.id == "type" and (len(node.args) != 1 or bool(node.keywords))


def _special(name: str) -> bool:
    return name.startswith("__") and name not in _SPECIAL


def _injected(text: str, known: str) -> str:
    said = " ".join(folded(known).lower().split())
    found = (" ".join(match[0].split()) for match in _INJECTION.finditer(folded(text)))
    for spoken in (*found, *orders_in(text)):
        if spoken.lower() not in said:
            return f"the text says {spoken[:80]!r}, which is meant for somebody else than who solves the task"
    blob = _OPAQUE.search(text)
    return "the text holds a long run of characters that says nothing" if blob and blob[0] not in known else ""


def _injected_in_helpers(draft: Draft) -> str:
    return next((found for helper in draft.helpers if (found := _injected(helper.program, ""))), "")


def _stale(draft: Draft, parents: Sequence[CodeTask]) -> str:
    """G10: a parent's names, or places of arguments, that the new signature does not have."""
    stated = stated_of(draft)
    mine = {stated.name, *stated.parameters, *(helper.name for helper in draft.helpers)}
    old: set[str] = set()
    for parent in parents:
        entry = str(parent.entry_point)
        old |= {entry}
        try:
            old |= signature_of(parent.reference, entry).names
        except NotApplicable:  # a parent of another shape has no parameters to speak of
            continue
    spoken = {match[1] for match in _CODE_SPAN.finditer(draft.spec)}
    spoken |= {name for name in old if len(name) > 3 and "_" in name and re.search(rf"\b{name}\b", draft.spec)}
    stale = sorted((spoken & old) - mine)
    if stale:
        return f"the text speaks of `{stale[0]}`, which the parent has and the new signature has not"
    beyond = [
        match[0] for match in _ORDINAL.finditer(draft.spec) if _ORDINALS[match[1].lower()] > len(stated.parameters)
    ]
    return f"the text speaks of the {beyond[0]}, but there are {len(stated.parameters)}" if beyond else ""
