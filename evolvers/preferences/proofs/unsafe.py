"""Patterns of unsafe code: what each rule looks for in a program, and which weakness it stands for.

The rules are small and named, each with the number of a weakness (CWE, cwe.mitre.org). They find what is written in the
usual way, not what is hidden; where they find nothing, a program may still be unsafe. A program is parsed, never run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ....harness.endpoint.pysource import Parser
from .reading import Program, is_constant, keyword, names_in, parameters

_SECRET = re.compile(r"(?:^|_)(?:password|passwd|pwd|secret|secret_key|api_key|apikey|auth_token|access_token)$", re.I)
_PASSWORD = re.compile(r"passw|passphrase", re.I)
_UNGUESSABLE = re.compile(r"token|passw|secret|otp|nonce|salt|session|reset|invite|api_?key", re.I)
_SIGNATURE = re.compile(r"(?:^|_)(?:signature|sig|mac|hmac|digest|token|api_key)$", re.I)
_FAST_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
_DRAWS = ("choice", "choices", "randint", "random", "randrange", "sample", "getrandbits", "uniform", "shuffle")
_CHECKS = frozenset(
    "realpath abspath commonpath resolve is_relative_to relative_to basename secure_filename safe_join".split()
)
_OPENERS = frozenset(("open", "io.open", "send_file", "os.remove", "os.unlink", "os.open", "shutil.copy"))
_PATH_METHODS = frozenset("open read_text read_bytes write_text write_bytes unlink".split())
_SHELLS = frozenset(f"subprocess.{name}" for name in ("run", "call", "Popen", "check_output", "check_call"))
_JOINERS = frozenset(("os.path.join", "pathlib.Path", "pathlib.Path().joinpath"))


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that a rule found: its line from 1."""

    rule: str
    cwe: int
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern of unsafe code: what it is, its CWE number, and the places in a program where it stands."""

    name: str
    cwe: int
    about: str
    places: Callable[[Program], Iterator[ast.AST]]


def findings(source: str) -> list[Finding] | None:
    """Every place in a program at which a rule finds something, by line; None for what cannot be read."""
    tree = Parser().parse(source)
    if tree is None:
        return None
    program = Program(tree)
    try:
        found = {
            Finding(rule.name, rule.cwe, getattr(node, "lineno", 1)) for rule in RULES for node in rule.places(program)
        }
    except RecursionError:  # nested deeper than anybody writes
        return None
    return sorted(found, key=lambda each: (each.line, each.rule))


def _variable(call: ast.Call) -> bool:
    """Whether a call's first argument is no constant."""
    return bool(call.args) and not isinstance(call.args[0], ast.Constant)


def _running_text(program: Program) -> Iterator[ast.AST]:
    evaluating = ("eval", "exec", "builtins.eval", "builtins.exec")
    return (call for call in program.calls if program.name(call.func) in evaluating and _variable(call))


def _shell(program: Program) -> Iterator[ast.AST]:
    for call in program.calls:
        name = program.name(call.func)
        command = call.args[0] if call.args else keyword(call, "args")
        if isinstance(command, ast.Constant):
            continue
        by_shell = name in _SHELLS and is_constant(keyword(call, "shell"), True)
        if by_shell or name in ("os.system", "os.popen", "subprocess.getoutput"):
            yield call


def _unpickling(program: Program) -> Iterator[ast.AST]:
    modules = ("pickle", "cPickle", "dill", "cloudpickle", "marshal")
    readers = {f"{module}.{name}" for module in modules for name in ("load", "loads", "Unpickler")} | {"shelve.open"}
    return (call for call in program.calls if program.name(call.func) in readers)


def _yaml(program: Program) -> Iterator[ast.AST]:
    for call in program.calls:
        name = program.name(call.func)
        if name in ("yaml.unsafe_load", "yaml.unsafe_load_all"):
            yield call
        elif name in ("yaml.load", "yaml.load_all"):
            loader = keyword(call, "Loader") or (call.args[1] if len(call.args) > 1 else None)
            if loader is None or not program.name(loader).endswith("SafeLoader"):
                yield call


def _secrets_in_code(program: Program) -> Iterator[ast.AST]:
    for node in program.nodes:
        if isinstance(node, ast.Assign):
            named = [(_last_name(target), node.value) for target in node.targets]
        elif isinstance(node, ast.keyword):
            named = [(node.arg or "", node.value)]
        elif isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
            named = [(_last_name(node.left), node.comparators[0])]
        elif isinstance(node, ast.arguments):
            places = [*node.posonlyargs, *node.args]
            named = [
                (each.arg, value)
                for each, value in zip(places[len(places) - len(node.defaults) :], node.defaults, strict=True)
            ]
        else:
            continue
        for name, value in named:
            is_text = isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.strip()
            if is_text and _SECRET.search(name):
                yield value


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return node.id if isinstance(node, ast.Name) else ""


def _weak_hash(program: Program) -> Iterator[ast.AST]:
    for call in program.calls:
        name = program.name(call.func)
        chosen = call.args[0] if name == "hashlib.new" and call.args else None
        by_name = isinstance(chosen, ast.Constant) and str(chosen.value).lower() in ("md5", "sha1")
        if (name in ("hashlib.md5", "hashlib.sha1") or by_name) and not is_constant(
            keyword(call, "usedforsecurity"), False
        ):
            yield call


def _fast_password_hash(program: Program) -> Iterator[ast.AST]:
    hashes = {f"hashlib.{name}" for name in _FAST_HASHES}
    for call in program.calls:
        hashed = {name for arg in call.args for name in names_in(arg)}
        if program.name(call.func) in hashes and any(map(_PASSWORD.search, hashed)):
            yield call


def _weak_cipher(program: Program) -> Iterator[ast.AST]:
    for node in program.nodes:
        name = program.name(node) if isinstance(node, ast.Attribute) else ""
        if name.endswith(("AES.MODE_ECB", "DES.new", "DES3.new", "ARC4.new", "Blowfish.new", "modes.ECB")):
            yield node


def _sql(program: Program) -> Iterator[ast.AST]:
    for call in program.calls:
        if not isinstance(call.func, ast.Attribute) or not call.args:
            continue
        if call.func.attr not in ("execute", "executemany", "executescript", "raw"):
            continue
        query = call.args[0]
        texts = program.values_of(query.id, call) if isinstance(query, ast.Name) else [query]
        if any(_is_put_together(text) for text in texts):
            yield call


def _is_put_together(node: ast.AST) -> bool:
    """Whether a text is made of parts that are not all constants."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return any(not isinstance(side, ast.Constant) for side in _leaves(node))
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"


def _leaves(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp):
        yield from _leaves(node.left)
        yield from _leaves(node.right)
    else:
        yield node


def _unverified_tls(program: Program) -> Iterator[ast.AST]:
    for call in program.calls:
        if is_constant(keyword(call, "verify"), False) or program.name(call.func) == "ssl._create_unverified_context":
            yield call
    for node in program.nodes:
        if isinstance(node, ast.Assign):
            unchecked = is_constant(node.value, False) and any(_last_name(t) == "check_hostname" for t in node.targets)
            if unchecked or program.name(node.value) == "ssl.CERT_NONE":
                yield node


def _guessable_file(program: Program) -> Iterator[ast.AST]:
    return (call for call in program.calls if program.name(call.func) in ("tempfile.mktemp", "os.tempnam", "os.tmpnam"))


def _guessable_secret(program: Program) -> Iterator[ast.AST]:
    for call in program.calls:
        if not isinstance(call.func, ast.Attribute | ast.Name) or not _is_a_draw(program, call.func):
            continue
        function = program.function_of(call)
        if any(_UNGUESSABLE.search(each) for each in _made_by(program, call, function.name if function else "")):
            yield call


def _is_a_draw(program: Program, function: ast.Attribute | ast.Name) -> bool:
    """Whether a function is one of the module random, or of a generator of its that a variable holds."""
    module, _, name = program.name(function).rpartition(".")
    if name not in _DRAWS:
        return False
    makers = program.values_of(module, function) if module.isidentifier() else []
    return module in ("random", "random.Random()") or any(program.name(m) == "random.Random()" for m in makers)


def _made_by(program: Program, node: ast.AST, function: str) -> Iterator[str]:
    """The names of what an expression goes into: its function, and the variables of its statement."""
    yield function
    here: ast.AST | None = node
    while here is not None and not isinstance(here, ast.stmt):
        here = program.parent(here)
    if isinstance(here, ast.Assign):
        yield from map(_last_name, here.targets)


def _path_from_outside(program: Program) -> Iterator[ast.AST]:
    for call in program.calls:
        is_method = isinstance(call.func, ast.Attribute) and call.func.attr in _PATH_METHODS
        if program.name(call.func) not in _OPENERS and not is_method:
            continue
        function = program.function_of(call)
        if function is None or _CHECKS & program.names_of(function):
            continue
        path = call.func.value if isinstance(call.func, ast.Attribute) and is_method else next(iter(call.args), None)
        paths = program.values_of(path.id, call) if isinstance(path, ast.Name) else [path]
        if any(_is_joined(program, each, parameters(function)) for each in paths if each is not None):
            yield call


def _is_joined(program: Program, node: ast.AST, given: set[str]) -> bool:
    """Whether a path is put together from a folder and a parameter."""
    if isinstance(node, ast.Call) and program.name(node.func) in _JOINERS:
        within = any(_is_joined(program, each, given) for each in node.args)
        return within or any(given & names_in(each) for each in node.args[1:])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Add):
        return bool(given & names_in(node.right)) or _is_joined(program, node.left, given)
    return isinstance(node, ast.JoinedStr) and any(
        isinstance(part, ast.FormattedValue) and given & names_in(part.value) for part in node.values[1:]
    )


def _unpacking(program: Program) -> Iterator[ast.AST]:
    if not any(name.partition(".")[0] == "tarfile" for name in program.imported.values()):
        return
    for call in program.calls:
        if program.name(call.func).endswith(".extractall") and keyword(call, "filter") is None:
            yield call


def _debugging(program: Program) -> Iterator[ast.AST]:
    for call in program.calls:
        if program.name(call.func).endswith(".run") and is_constant(keyword(call, "debug"), True):
            yield call


def _timing(program: Program) -> Iterator[ast.AST]:
    for node in program.nodes:
        if not isinstance(node, ast.Compare) or len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
            continue
        sides = (node.left, node.comparators[0])
        if any(isinstance(side, ast.Constant) for side in sides):
            continue
        if any(_SIGNATURE.search(_last_name(side)) for side in sides):
            yield node


def _open_to_all(program: Program) -> Iterator[ast.AST]:
    for call in program.calls:
        if program.name(call.func) in ("os.chmod", "os.fchmod") or program.name(call.func).endswith(".chmod"):
            mode = call.args[-1] if call.args else None
            if isinstance(mode, ast.Constant) and isinstance(mode.value, int) and mode.value & 0o022:
                yield call


def _unescaped(program: Program) -> Iterator[ast.AST]:
    for call in program.calls:
        name = program.name(call.func)
        if name == "jinja2.Environment":
            escaping = keyword(call, "autoescape")
            if escaping is None or is_constant(escaping, False):
                yield call
        elif name in ("flask.render_template_string", "markupsafe.Markup") and _variable(call):
            yield call


RULES: tuple[Rule, ...] = (
    Rule("text_run_as_code", 95, "eval or exec of a text that is no constant", _running_text),
    Rule("command_for_a_shell", 78, "a command that is no constant, handed to a shell", _shell),
    Rule("unpickling", 502, "pickle, marshal, dill or shelve reads data, which can run code", _unpickling),
    Rule("yaml_objects", 502, "yaml.load without SafeLoader", _yaml),
    Rule("secret_in_code", 798, "a password or key as a text in the program", _secrets_in_code),
    Rule("weak_hash", 328, "MD5 or SHA-1, without usedforsecurity=False", _weak_hash),
    Rule("fast_password_hash", 916, "a password hashed by one round of a fast hash", _fast_password_hash),
    Rule("weak_cipher", 327, "ECB mode, DES, RC4 or Blowfish", _weak_cipher),
    Rule("sql_by_formatting", 89, "a query put together from texts instead of parameters", _sql),
    Rule("unverified_tls", 295, "certificates or host names are not checked", _unverified_tls),
    Rule("guessable_file", 377, "tempfile.mktemp: another may make the file first", _guessable_file),
    Rule("guessable_secret", 338, "the module random draws a token, a password, a salt", _guessable_secret),
    Rule("path_from_outside", 22, "a parameter joined to a folder and opened without a check", _path_from_outside),
    Rule("archive_unpacked", 22, "tarfile's extractall without a filter", _unpacking),
    Rule("debugger_left_on", 489, "a web server started with debug=True", _debugging),
    Rule("secret_compared_by_equality", 208, "a signature or token compared with ==", _timing),
    Rule("open_to_all", 732, "a file made writable for others", _open_to_all),
    Rule("unescaped_html", 79, "a template engine without escaping", _unescaped),
)
"""Every rule."""
