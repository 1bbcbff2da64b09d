"""What runs in the sandbox to prove things of trusted programs. Sent as text after ``rows``, whose names it uses.

One job holds the trials of one family (a parent's children), so that what they share is compiled once. Programs are run
with fuel: every loop round and every call costs a step, so that a mutant that never ends is found by counting, which is
the same on every machine, and not by a clock.
"""

from __future__ import annotations

# ``signal`` itself makes enumerations first, which takes longer than many a trial.
import _signal as signal  # type: ignore[import-not-found]
import ast
import dis
import gc
import json
import marshal
import os
import sys
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .rows import ENDLESS, UNPLAIN, Endless, Expected, Fuel, Unplain, call, fresh, key, keys_of, loaded, outcome_key

_TICK, _FUEL = "__evalrun_tick__", "__evalrun_fuel__"  # as in rows
_ENOUGH_KILLS = 3
# A mutant that takes this many times the steps of the program is taken for endless; after several such calls it is
# not run further, and no mutants are run any more once they spent so many steps together.
_MORE_STEPS = 4
_ENOUGH_ENDLESS = 3
_ALL_STEPS = 4_000_000
# Steps for all calls of a program together, from which on those that are not needed are left out.
_DEAR = 400_000
_CPU_S = 20.0
# Work inside one operation (numbers of millions of digits) takes no steps. A mutant that needs so long is far beyond
# what its steps allow on any machine: it is left out, or counts as found out, so that the clock decides nothing else.
_MUTANT_CPU_S = 3.0
_late: list[bool] = []
_RECURSION = 1000
_NEW_OBJECTS = 100_000
# Modules that keep no state which a program could change by using them.
_STATELESS = frozenset(
    "typing math string itertools collections functools heapq bisect re json dataclasses __future__".split()
)
_REACHING = frozenset(
    "setattr delattr exec eval compile globals vars open input print breakpoint sys _sys builtins codecs copyreg "
    "inspect linecache".split()
)
# What a class's body says without its text naming it.
_IMPLIED = frozenset(("__annotations__", "__static_attributes__", "__firstlineno__"))
_HARMLESS = frozenset((_TICK, _FUEL, "__init__", "__name__", "__module__", "__qualname__"))
_WITH_IMPLIED = _HARMLESS | _IMPLIED
_STORE_ATTR, _DELETE_ATTR = dis.opmap["STORE_ATTR"], dis.opmap["DELETE_ATTR"]
_IMPORT_NAME = dis.opmap["IMPORT_NAME"]
# It ends at once: taking all its modules down takes longer than many a run.
_SEED_STUB = (
    "import gc,marshal,posix,sys\n"
    f"gc.set_threshold({_NEW_OBJECTS})\n"
    "d=marshal.load(sys.stdin.buffer)\n"
    "n={'__name__':'rows'}\n"
    "exec(d[0],n)\n"
    "sys.stdout.buffer.write(marshal.dumps([n['keys_of'](*t) for t in d[1]]))\n"
    "sys.stdout.buffer.flush()\n"
    "posix._exit(0)\n"
)


def ticking(source: str) -> ast.Module:
    """The tree of a source with a tick at the start of every function's and every loop's body."""
    tree = ast.parse(source)
    _tick_in(tree.body)
    return tree


def _tick_in(body: list[Any]) -> None:
    # Statements only: expressions hold no loops but comprehensions, which end when what they run over ends.
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.For, ast.While, ast.AsyncFor)):
            first = node.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            _tick_in(node.body)
            node.body.insert(1 if documented else 0, _tick_at(first))
            _tick_in(getattr(node, "orelse", []))
            continue
        for field in ("body", "orelse", "finalbody"):
            _tick_in(getattr(node, field, []))
        for part in (*getattr(node, "handlers", []), *getattr(node, "cases", [])):
            _tick_in(part.body)


def _tick_at(node: Any) -> ast.Expr:
    place = {"lineno": node.lineno, "col_offset": node.col_offset}
    place.update(end_lineno=node.lineno, end_col_offset=node.col_offset)
    tick, fuel = ast.Name(_TICK, ast.Load(), **place), ast.Name(_FUEL, ast.Load(), **place)
    return ast.Expr(ast.Call(tick, [fuel], [], **place), **place)


class Batch:
    """One job: the sources that its trials share, compiled once each."""

    def __init__(self, payload: Any, runner: Any) -> None:
        self.sources = payload["sources"]
        self.ticked = frozenset(payload["ticked"])
        self.calls = payload["calls"]
        self.runner = compile(payload["rows"], "rows", "exec", dont_inherit=True) if runner is None else runner
        self.seeds = payload["seeds"]
        self._codes: dict[int, Any] = {}
        self._traces: dict[int, int] = {}
        self._own_objects: dict[tuple[int, ...], bool] = {}
        self._checks: dict[str, Any] = {}
        self.fuel = Fuel()
        # What is expected in trials that run nothing for it, by the trial's place.
        self.expected: dict[int, Any] = {}
        # The keys of a trial's values, by the trial's place.
        self.keys: dict[int, list[str]] = {}

    def code(self, number: int) -> Any:
        """The code of a source with ticks; SyntaxError when it has none."""
        if number not in self._codes:
            try:
                source = self.sources[number]
                tree = source if number in self.ticked else ticking(source)
                code = compile(tree, "program", "exec", dont_inherit=True)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                code = None
            self._codes[number] = code
        if self._codes[number] is None:
            raise SyntaxError
        return self._codes[number]

    def codes(self, numbers: Any) -> list[Any]:
        """The codes of a program given as parts."""
        return [self.code(number) for number in numbers]

    def leaves_nothing(self, trial: Any) -> bool:
        """Whether no program of a trial can leave a trace that another one could meet in the same process."""
        if trial["observed_mutants"] or not all(self._leaves_nothing(check) for check in trial["checks"]):
            return False
        programs = [trial["program"], trial["witness"] or (), *trial["others"]]
        if not trial["mutants"]:
            return all(map(self._program_leaves_nothing, programs))
        # To look at the classes of so many programs takes longer than a process of their own.
        programs += [program for group in trial["mutants"] for program in group]
        return all(self._trace_of(number) == _NONE for program in programs for number in program)

    def _program_leaves_nothing(self, program: Any) -> bool:
        traces = {self._trace_of(number) for number in program}
        if traces <= {_NONE}:
            return True
        name = tuple(program)
        if _SOME not in traces and name not in self._own_objects:
            try:
                self._own_objects[name] = _stores_in_own_objects([ast.parse(self.sources[n]) for n in program])
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self._own_objects[name] = False
        return self._own_objects.get(name, False)

    def _trace_of(self, number: int) -> int:
        if number not in self._traces:
            try:
                self._traces[number] = _trace_of(self.code(number), self.sources[number])
            except SyntaxError:
                self._traces[number] = _NONE
        return self._traces[number]

    def check_code(self, text: str) -> Any:
        """The code of a check program's text; whatever ``compile`` raises when it has none."""
        if text not in self._checks:
            self._checks[text] = compile(text, "<string>", "exec")
        return self._checks[text]

    def _leaves_nothing(self, check: Any) -> bool:
        program, prelude, _ = check
        try:
            return not any(_trace_of(self.check_code(text), text) for text in (prelude, program))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False

    def prepare(self, trials: Any) -> None:
        """Compile every source and read what is expected, so that the processes forked from this one need not."""
        for number in range(len(self.sources)):
            with suppress(SyntaxError):
                self.code(number)
        for trial in trials:
            if trial["expected"] is not None and not trial["run"]:
                expected = Expected(trial["expected"])
                self.expected[trial["place"]] = expected
                if trial["seeded"]:
                    self.keys[trial["place"]] = expected.all_keys()


_NONE, _STORES, _SOME = range(3)


def _trace_of(code: Any, source: str) -> int:
    """What a program may leave behind: _NONE; or _STORES where it stores attributes, and nothing else is to be said.

    _NONE: it imports only modules without a state, stores no attribute and names nothing that reaches others.
    """
    # Nobody reads or changes these under their names: a text in ASCII would show that.
    implied = source.isascii() and not any(name in source for name in _IMPLIED)
    return _trace_in(code, _WITH_IMPLIED if implied else _HARMLESS)


def _trace_in(code: Any, harmless: frozenset[str]) -> int:
    names, raw = code.co_names, code.co_code
    operations = raw[::2]
    if len(names) > 255 or _DELETE_ATTR in operations:
        return _SOME
    if not _all_harmless(names, harmless):
        return _SOME
    if _IMPORT_NAME in operations:
        places = [place for place, operation in enumerate(operations) if operation == _IMPORT_NAME]
        if any(names[raw[2 * place + 1]] not in _STATELESS for place in places):
            return _SOME
    parts = [_trace_in(part, harmless) for part in code.co_consts if type(part) is type(code)]
    return max([*parts, _STORES if _STORE_ATTR in operations else _NONE])


@lru_cache(maxsize=4096)
def _all_harmless(names: tuple[str, ...], harmless: frozenset[str]) -> bool:
    """Whether no name reaches others; mutants mostly have the names of their program."""
    if not _REACHING.isdisjoint(names):
        return False
    return all(name in harmless or not name.startswith("__") for name in names)


def _stores_in_own_objects(trees: list[ast.Module]) -> bool:
    """Whether a program, given as parts, stores attributes only in instances of its own plain classes.

    It does where methods alone store, each in the object that it was called for, and nobody can call one for anything
    else: the classes have no base, decorator or class-level value, are only ever called, and nothing asks an object for
    its class or a method for its function (names with two underscores are excluded before).
    """
    nodes = [node for tree in trees for node in ast.walk(tree)]
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    names = {node.name for node in classes}
    if any(map(_leaks, nodes)) or not all(map(_is_plain_class, classes)):
        return False
    owners: dict[int, str] = {}
    for each in classes:
        for method in each.body:
            first = method.args.args[0].arg  # type: ignore[attr-defined]
            owners.update((id(part), first) for part in ast.walk(method) if isinstance(part, ast.Attribute))
            if not _only_read(method, first):
                return False
    for node in nodes:
        stored = isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
        if stored and owners.get(id(node)) != getattr(node.value, "id", ""):  # type: ignore[attr-defined]
            return False
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in names:
            if id(node) not in called or not isinstance(node.ctx, ast.Load):
                return False
        elif not isinstance(node, ast.ClassDef) and not names.isdisjoint(_texts_in(node)):
            return False
    return True


def _leaks(node: ast.AST) -> bool:
    """Whether something may hand on a class or a method's function."""
    if isinstance(node, ast.Name):
        return node.id in ("type", "super", "object", "property", "staticmethod", "classmethod", "dir", "locals")
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and "__" in node.value


def _texts_in(node: ast.AST) -> list[str]:
    """The names that a node itself holds, but for attributes."""
    if isinstance(node, (ast.Constant, ast.Attribute)):
        return []
    values = [getattr(node, field, None) for field in node._fields]
    texts = [value for value in values if isinstance(value, str)]
    return texts + [text for value in values if isinstance(value, list) for text in value if isinstance(text, str)]


def _is_plain_class(node: ast.ClassDef) -> bool:
    """Whether a class has nothing but methods, and these nothing that is evaluated in the class's body."""
    if node.bases or node.keywords or node.decorator_list or getattr(node, "type_params", []):
        return False
    for method in node.body:
        if not isinstance(method, ast.FunctionDef) or method.decorator_list or method.returns is not None:
            return False
        given = method.args
        arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        if any(argument is not None and argument.annotation is not None for argument in arguments):
            return False
        defaults = [*given.defaults, *(value for value in given.kw_defaults if value is not None)]
        if given.posonlyargs or not given.args or not all(isinstance(value, ast.Constant) for value in defaults):
            return False
        if getattr(method, "type_params", []) or any(isinstance(part, ast.ClassDef) for part in ast.walk(method)):
            return False
    return True


def _only_read(method: Any, first: str) -> bool:
    """Whether a method's first argument is never bound again, in whatever scope within it."""
    for node in ast.walk(method):
        if node is method.args.args[0]:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            continue
        if first in _texts_in(node):
            return False
    return True


def proven(payload: Any, runner: bytes | None) -> list[Any]:
    """The results of a job's trials, in order. runner: what fresh interpreters run, if it is compiled for this Python.

    Trials whose programs can leave nothing behind share this process, after every other one had a process of its own.
    When this one dies of them, the host asks for each in a job by itself, where it has a process of its own as well.
    """
    signal.signal(signal.SIGPROF, _too_long)
    gc.set_threshold(_NEW_OBJECTS)  # the trees of many programs are made here, none of which is garbage soon
    batch = Batch(payload, None if runner is None else marshal.loads(runner))
    trials = payload["trials"]
    batch.prepare(trials)
    gc.freeze()  # the processes forked from this one need not copy what they do not change
    together = {trial["place"] for trial in trials if len(trials) > 1 and batch.leaves_nothing(trial)}
    results = {trial["place"]: _alone(batch, trial) for trial in trials if trial["place"] not in together}
    results.update(_together(batch, [trial for trial in trials if trial["place"] in together]))
    ordered = [results[trial["place"]] for trial in trials]
    _with_seeds(batch, trials, ordered)
    return [_told(result) for result in ordered]


def _told(result: Any) -> Any:
    """A result as a JSON text, which is read much faster than a value, where reading gives the very same value."""
    try:
        text = json.dumps(result)
        # Version 0 writes equal bytes for equal values of equal types: a tuple, a number as a key, a set is no JSON.
        return text if marshal.dumps(json.loads(text), 0) == marshal.dumps(result, 0) else result
    except (TypeError, ValueError, RecursionError, MemoryError):
        return result


def _together(batch: Batch, trials: Any) -> list[tuple[int, Any]]:
    """The results of trials from this very process, by their places."""
    return [(trial["place"], _guarded(batch, trial)) for trial in trials]


def _alone(batch: Batch, trial: Any) -> Any:
    """A trial's result from a process of its own: no trial meets what another left in a module, or dies with it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as stream:
                stream.write(_packed(batch, trial))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        text = stream.read()
    os.waitpid(child, 0)
    if not text:
        return {"problem": "it ended the process"}
    packed = marshal.loads(text)
    if packed is None:
        # Values that cannot be handed on (a decimal, a date, ...) are made again here.
        return _guarded(batch, trial)
    result, keys = packed
    if keys is not None:
        batch.keys[trial["place"]] = keys
    return result


def _packed(batch: Batch, trial: Any) -> bytes:
    result = _guarded(batch, trial)
    told = _marshalled((result, batch.keys.get(trial["place"]) if trial["run"] else None))
    return marshal.dumps(None) if told is None else told


def _too_long(number: int, frame: Any) -> None:
    _late.append(True)
    raise Endless


def _within(seconds: float) -> None:
    """From now on so much processor time, then Endless."""
    _late.clear()
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _guarded(batch: Batch, trial: Any) -> Any:
    """A trial's result; ``problem`` names what ended it early."""
    try:
        return _tried(batch, trial)
    except Endless:
        return {"problem": ENDLESS}
    except RecursionError:
        return {"problem": "RecursionError"}
    except MemoryError:
        return {"problem": "MemoryError"}
    except Exception as error:
        return {"problem": type(error).__name__}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.setrecursionlimit(_RECURSION)


def _tried(batch: Batch, trial: Any) -> Any:
    calls, most, entry = batch.calls[trial["calls"]], trial["fuel"], trial["entry"]
    codes = batch.codes(trial["program"])
    _within(_CPU_S)
    result: dict[str, Any] = {}
    if trial["run"]:
        expected = _run_rows(batch, codes, trial, calls, result)
        calls = calls[: len(expected.rows)]
    elif trial["expected"] is None:
        return result
    else:
        expected = batch.expected[trial["place"]]
    strict = trial["strict"]
    if trial["witness"] is not None:
        result["witness"] = _different(batch, trial["witness"], entry, calls, expected, True, most)
    steps = steps_for_others(most, max(result.get("steps", 0), trial["steps"]))
    result["others"] = [
        _different(batch, program, entry, calls, expected, strict, steps) for program in trial["others"]
    ]
    result["kills"] = _all_killers(batch, trial, calls, expected, steps, result)
    result["mutant_rows"] = _observed(batch, trial["observed_mutants"], entry, calls, steps)
    _within(_CPU_S)
    result["checks"] = [_checked(batch, codes, check, most) for check in trial["checks"]]
    return result


def steps_for_others(fuel: int, steps: int) -> int:
    """How many steps one call of another program may take, where the program itself takes at most ``steps``."""
    return min(fuel, _MORE_STEPS * steps + 2000)


def _run_rows(batch: Batch, codes: Any, trial: Any, calls: Any, result: dict[str, Any]) -> Expected:
    """Every call forwards, then in reverse order in a namespace of its own; what is expected in what follows."""
    entry, most, fuel = trial["entry"], trial["fuel"], batch.fuel
    space = loaded(codes[:1], fuel, most)
    recorded = _recording(space, trial["record"])
    # The stand-ins take frames of their own; the run backwards has none and must give the same.
    sys.setrecursionlimit(_RECURSION * (3 if trial["record"] else 1))
    for code in codes[1:]:
        exec(code, space)
    rows, keys, pure, steps, spent = [], [], True, 0, 0
    function = space[entry]
    for place, args in enumerate(calls):
        if place >= trial["needed"] and spent > _DEAR:
            break
        value, raised, after = call(function, args, fuel, most)
        steps = max(steps, most - fuel.left)
        spent += most - fuel.left
        if raised is None:
            try:
                keys.append(key(value))
            except Unplain:
                value, raised = None, UNPLAIN
                keys.append(UNPLAIN)
        else:
            keys.append(outcome_key(raised))
        pure = pure and (after == list(args) or key(after) == key(list(args)))
        # What is returned may be an argument, which a later call may change.
        rows.append([fresh(value), raised])
    sys.setrecursionlimit(_RECURSION)
    calls = calls[: len(rows)]
    backwards = keys_of(codes, entry, calls[::-1], most)[::-1] if trial["repeat"] else keys
    known = {key(list(args)): place for place, args in enumerate(calls)}
    result.update(
        rows=rows,
        pure=pure,
        steps=steps,
        repeated=backwards == keys,
        # A call's place stands for its arguments.
        recorded=[[known.get(text, args) for text, args in seen.items()] for seen in recorded],
    )
    if not trial["told"]:
        del result["rows"], result["recorded"]
    batch.keys[trial["place"]] = keys
    return Expected(rows, keys)


def _recording(space: dict[str, Any], names: Any) -> list[dict[str, Any]]:
    """Put a stand-in before each named function that keeps the arguments of calls from outside it."""
    found: list[dict[str, Any]] = []
    for name in names:
        seen: dict[str, Any] = {}
        space[name] = _stand_in(space[name], seen)
        found.append(seen)
    return found


def _stand_in(function: Any, seen: dict[str, Any]) -> Any:
    depth = [0]

    def stand_in(*args: Any, **named: Any) -> Any:
        if depth[0] == 0 and not named:
            seen.setdefault(key(list(args)), [fresh(arg) for arg in args])
        depth[0] += 1
        try:
            return function(*args, **named)
        finally:
            depth[0] -= 1

    return stand_in


def _different(batch: Batch, program: Any, entry: str, calls: Any, expected: Any, strict: bool, most: int) -> Any:
    """On which calls another program gives something else; or why it cannot be run."""
    try:
        function = loaded(batch.codes(program), batch.fuel, most)[entry]
    except (Exception, Endless) as error:
        return {"problem": type(error).__name__}
    places = []
    for place in range(min(len(calls), len(expected.rows))):
        value, raised, _ = call(function, calls[place], batch.fuel, most)
        if not expected.is_like(place, value, raised, strict):
            places.append(place)
    return {"different": places}


def _all_killers(batch: Batch, trial: Any, calls: Any, expected: Any, most: int, result: dict[str, Any]) -> Any:
    """For each group and mutant what ``_killers`` says, until so few are told apart that the trial fails."""
    found: list[list[list[int]]] = []
    witness, shown = result.get("witness"), frozenset(trial["shown"] or ())
    fails = bool(trial["least"]) and (witness is None or "problem" in witness or bool(witness["different"]))
    for place, group in enumerate(trial["mutants"]):
        kills: list[list[int]] = []
        possible = len(group)
        for program in () if fails else group:
            kills.append(_killers(batch, program, trial, calls, expected, most))
            possible -= shown.issuperset(kills[-1])
            if trial["least"] and possible < trial["least"][place] * len(group):
                fails = True
                break
        found.append(kills)
    if fails:
        result["fails"] = True
    return found


def _killers(batch: Batch, program: Any, trial: Any, calls: Any, expected: Any, most: int) -> list[int]:
    """The first few calls on which a mutant differs; the first ones when it cannot be loaded or the clock ended it."""
    strict, shown = trial["strict"], trial["shown"]
    _within(_MUTANT_CPU_S)
    try:
        function = loaded(batch.codes(program), batch.fuel, most)[trial["entry"]]
    except (Exception, Endless):
        return list(range(_ENOUGH_KILLS))
    found: list[int] = []
    for place in range(min(len(calls), len(expected.rows))):
        value, raised, _ = call(function, calls[place], batch.fuel, most)
        if not expected.is_like(place, value, raised, strict):
            found.append(place)
            if len(found) == _ENOUGH_KILLS or (shown is not None and place not in shown):
                break
        if _late:
            return list(range(_ENOUGH_KILLS))
    return found


def _observed(batch: Batch, programs: Any, entry: str, calls: Any, most: int) -> list[Any]:
    """The rows of each mutant, as long as the steps for all of them last; None for the others."""
    found: list[Any] = []
    spent = 0
    for program in programs:
        rows = None
        if spent < _ALL_STEPS:
            _within(_MUTANT_CPU_S)
            rows, used = _rows_of(batch, program, entry, calls, most)
            spent += used
            rows = None if _late else rows
        found.append(rows)
    return found


def _rows_of(batch: Batch, program: Any, entry: str, calls: Any, most: int) -> tuple[Any, int]:
    """What a mutant gives for every call, None when it cannot be loaded or is mostly endless; and the steps it took."""
    rows: list[Any] = []
    spent = endless = 0
    try:
        function = loaded(batch.codes(program), batch.fuel, most)[entry]
    except (Exception, Endless):
        return None, 0
    for args in calls:
        value, raised, _ = call(function, args, batch.fuel, most)
        spent += most - batch.fuel.left
        endless += raised == ENDLESS
        if endless == _ENOUGH_ENDLESS:
            return None, spent
        if raised is None:
            try:
                key(value)
            except Unplain:
                value, raised = None, UNPLAIN
        rows.append([fresh(value), raised])
    return rows, spent


def _checked(batch: Batch, codes: Any, check: Any, most: int) -> str:
    """Whether a check program passes with the program as the candidate: "" or what it raised."""
    import random

    program, prelude, entry = check
    reference = loaded(codes, batch.fuel, most)
    space: dict[str, Any] = {"__name__": "tests"}
    random.seed(0)
    batch.fuel.left = 50 * most
    try:
        exec(batch.check_code(prelude), space)
        space[entry] = reference[entry]
        exec(batch.check_code(program), space)
        space[entry] = reference[entry]
        space["check"](reference[entry])
    except Exception as error:
        return type(error).__name__
    return ""


def _with_seeds(batch: Batch, trials: Any, results: Any) -> None:
    """Run the trials that ask for it again in fresh interpreters with other hash seeds; note where values differ.

    Not those that failed already.
    """
    keys = batch.keys
    chosen = [(t, r) for t, r in zip(trials, results) if t["seeded"] and t["place"] in keys and "fails" not in r]
    work = [
        (batch.codes(t["program"]), t["entry"], batch.calls[t["calls"]][: len(keys[t["place"]])], t["fuel"])
        for t, _ in chosen
    ]
    text = _marshalled((batch.runner, work))
    if text is None:  # a decimal, a date, ...: such rows cannot be handed on
        for (_, result), each in zip(chosen, work):
            if _marshalled(each) is None:
                result["seeds"] = None
        chosen, work = [(t, r) for t, r in chosen if "seeds" not in r], [w for w in work if _marshalled(w) is not None]
        text = _marshalled((batch.runner, work))
    if not chosen or text is None:
        return
    told = [_in_fresh_interpreter(text, seed) for seed in batch.seeds]
    for place, (trial, result) in enumerate(chosen):
        result["seeds"] = sum(rows[place] == keys[trial["place"]] for rows in told)


def _marshalled(value: Any) -> bytes | None:
    """A value as marshal writes it, None where it does not."""
    try:
        return marshal.dumps(value)
    except ValueError:
        return None


def _in_fresh_interpreter(text: bytes, seed: int) -> Any:
    given, giving = os.pipe()
    telling, told = os.pipe()
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, "-S", "-s", "-B", "-c", _SEED_STUB],
        {"PYTHONHASHSEED": str(seed)},
        file_actions=[(os.POSIX_SPAWN_DUP2, given, 0), (os.POSIX_SPAWN_DUP2, told, 1)],
    )
    os.close(given)
    os.close(told)
    # It reads everything before it writes anything.
    with suppress(BrokenPipeError), os.fdopen(giving, "wb") as stream:
        stream.write(text)
    with os.fdopen(telling, "rb") as stream:
        rows = stream.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status != 0:
        raise OSError(f"a fresh interpreter ended with {status}")
    return marshal.loads(rows)
