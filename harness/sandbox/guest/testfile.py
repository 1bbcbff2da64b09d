"""What a judge runs around a test file: the answer stands in ``sys.modules``, and the file's tests are found and run.

This is the program of a check job (``check(candidate)``), whose ``VALUES`` hold the file; standard library only, Python
3.8 or later. What is a test is decided by the file alone: only functions and classes that it defines itself are looked
at, never objects that the answer has given it.
"""

from __future__ import annotations

import os
import sys
import types
import unittest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional

    VALUES: Dict[str, Any] = {}

NAME = "test_answer"


class AnswerModule(types.ModuleType):
    """The answer's module as the test file imports it, with the answer behind the border."""

    def __init__(self, name: str, remote: Any, names: List[str]) -> None:
        types.ModuleType.__init__(self, name)
        # What `from ... import *` gives is the task's to say: an answer could put names over those of the test.
        self.__dict__.update(_remote=remote, __all__=names)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.__dict__["_remote"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__dict__["_remote"], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self.__dict__["_remote"], name)


class Tally(unittest.TestResult):
    """How many tests passed, and the first thing that went wrong."""

    def __init__(self) -> None:
        unittest.TestResult.__init__(self)
        self.failfast = True
        self.passed = 0
        self.fault: Optional[BaseException] = None

    def note(self, fault: Optional[BaseException]) -> None:
        """Keep the first fault, and run no more tests."""
        self.fault = self.fault or fault
        self.stop()

    def addSuccess(self, test: Any) -> None:
        self.passed += 1

    def addError(self, test: Any, err: Any) -> None:
        self.note(err[1])

    addFailure = addError

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        if err is not None:
            self.note(err[1])

    def addUnexpectedSuccess(self, test: Any) -> None:
        self.note(AssertionError("%s was expected to fail" % test))


# --- the few lines that stand for pytest ---


def call(function: Any, *given: Any) -> None:
    """Run a test or what prepares one; a coroutine or a generator would have run nothing."""
    if function is None:
        return
    count = function.__code__.co_argcount - (getattr(function, "__self__", None) is not None)
    if function(*given[: max(count, 0)]) is not None:
        raise TypeError("the test %s returned something" % function.__name__)


def run_one(tally: Tally, prepare: Any, test: Any, finish: Any) -> None:
    """One test between what prepares and what ends it."""
    if tally.shouldStop:
        return
    try:
        call(prepare, test)
        try:
            call(test)
        finally:
            call(finish, test)
        tally.passed += 1
    except unittest.SkipTest:
        return
    except BaseException as error:
        tally.note(error)


def run_class(tally: Tally, kind: type) -> None:
    """The test methods of a class, each on an instance of its own."""
    call(getattr(kind, "setup_class", None))
    for name in [name for above in reversed(kind.__mro__) for name in vars(above) if name.startswith("test")]:
        one = kind()
        run_one(tally, getattr(one, "setup_method", None), getattr(one, name), getattr(one, "teardown_method", None))
    call(getattr(kind, "teardown_class", None))


def run_plainly(tests: types.ModuleType) -> Tally:
    """Run the file's unittest classes, then its ``Test`` classes and ``test`` functions in their order."""
    tally, loader = Tally(), unittest.TestLoader()
    found = [value for value in vars(tests).values() if getattr(value, "__module__", None) == NAME]
    classes = [value for value in found if isinstance(value, type)]
    loaded = [loader.loadTestsFromTestCase(kind) for kind in classes if issubclass(kind, unittest.TestCase)]
    unittest.TestSuite(loaded).run(tally)
    call(getattr(tests, "setup_module", None), tests)
    for value in found:
        if isinstance(value, type) and not issubclass(value, unittest.TestCase) and value.__name__.startswith("Test"):
            run_class(tally, value)
        elif isinstance(value, types.FunctionType) and value.__name__.startswith("test"):
            run_one(tally, getattr(tests, "setup_function", None), value, getattr(tests, "teardown_function", None))
    call(getattr(tests, "teardown_module", None), tests)
    return tally


# --- pytest itself ---


def run_pytest(tests: types.ModuleType) -> Tally:
    """Have pytest run a module that is no file: nothing of it lies where an answer could read or change it."""
    os.environ.pop("PYTEST_ADDOPTS", None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    import pathlib


    pytest = __import__("pytest")  # type: Any
    tally = Tally()

    module_kind = type("Module", (pytest.Module,), {"_getobj": lambda self: tests})  # type: Any

    class Plugin:
        def pytest_collection(self, session: Any) -> bool:
            module = module_kind.from_parent(session, path=pathlib.Path("/%s.py" % NAME))
            session.items = list(session.genitems(module))
            session.config.pluginmanager.check_pending()
            hook = session.config.hook
            hook.pytest_collection_modifyitems(session=session, config=session.config, items=session.items)
            session.testscollected = len(session.items)
            return True

        def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
            report = (yield).get_result()
            if report.failed:
                fault = call.excinfo.value if call.excinfo is not None else None
                own = not isinstance(fault, Exception)
                tally.note(AssertionError(str(report.longrepr)[-300:]) if fault is None else fault)
                if own and isinstance(fault, pytest.fail.Exception):
                    tally.fault = AssertionError(str(fault))
            elif report.when == "call" and report.passed and not hasattr(report, "wasxfail"):
                tally.passed += 1

        def pytest_collectreport(self, report: Any) -> None:
            if report.failed:
                tally.note(RuntimeError("pytest cannot collect it: %s" % str(report.longrepr)[-300:]))

    Plugin.pytest_collection = pytest.hookimpl(tryfirst=True)(Plugin.pytest_collection)  # type: ignore[method-assign]
    Plugin.pytest_runtest_makereport = pytest.hookimpl(hookwrapper=True)(  # type: ignore[method-assign]
        Plugin.pytest_runtest_makereport
    )
    options = "-x -q --capture=sys --noconftest --rootdir / -p no:cacheprovider -p no:faulthandler -c".split()
    status = int(pytest.main([*options, os.devnull, "/"], plugins=[Plugin()]))
    if status and tally.fault is None:
        tally.note(RuntimeError("pytest ended with exit code %d" % status))
    return tally


def check(candidate: Any) -> None:
    """Run the test file; the first fault is raised, and so is that there was nothing to run."""
    shielded = not isinstance(candidate, types.ModuleType)
    if shielded and VALUES["together"]:
        candidate.__mro_entries__(())
    module = AnswerModule(VALUES["module"], candidate, VALUES["names"]) if shielded else candidate
    sys.modules[VALUES["module"]] = module
    tests = types.ModuleType(NAME)
    sys.modules[NAME] = tests
    exec(compile(VALUES["program"], "<tests>", "exec", dont_inherit=True), tests.__dict__)
    tally = run_pytest(tests) if VALUES["pytest"] else run_plainly(tests)
    if tally.fault is not None:
        raise tally.fault
    if not tally.passed:
        raise RuntimeError("no test of the file was run")
