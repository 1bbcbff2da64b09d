"""A prompt template of the user's own, in Jinja's language, rendered in a sandbox and strictly."""

from __future__ import annotations

import stat
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...benchmarks import BadInput, CodeTask
from ...benchmarks.jsonio import text_digest
from .prompt import EndpointForm, fence_for

if TYPE_CHECKING:
    from .rendering import TemplateEnvironment

VARIABLES = ("prompt", "entry_point", "task_id", "form", "tags", "endpoint", "system", "fence")
"""All that a template may use; docs/prompts.md says what they hold. Never the reference or the tests."""
_MAX_BYTES = 1_000_000
_ANOTHER = "~ no task has this prompt ~"


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """A template. name: of its file, without the folder. uses: the variables in it. path: where, for messages."""

    name: str
    source: str
    uses: frozenset[str]
    path: str

    @property
    def digest(self) -> str:
        """SHA-256 of the source."""
        return text_digest(self.source)

    def render(self, task: CodeTask, form: EndpointForm, system: str | None) -> str:
        """The text for one task, to the last blank as the template has it.

        Raises:
            BadInput: the template fails for this task (the message names its line), or shows nothing of its prompt.
        """
        values: dict[str, Any] = {
            "prompt": task.prompt,
            "entry_point": task.entry_point,
            "task_id": task.id,
            "form": task.form,
            "tags": list(task.tags),
            "endpoint": form,
            "system": system,
            "fence": fence_for(task.prompt),
        }
        try:
            text = self._rendered(values)
        except Exception as error:  # a template calls methods of its values, and these raise what they like
            said = str(error) or type(error).__name__  # a MemoryError says nothing
            raise BadInput(f"{self._place(error)}: for the task {task.id}: {said}") from error
        if not text.strip():
            raise BadInput(f"{self.path}: renders to an empty prompt for the task {task.id}")
        if task.prompt.strip() not in text and not self._depends_on_prompt(values, text):
            raise BadInput(f"{self.path}: shows nothing of the prompt of the task {task.id}")
        return text

    def _depends_on_prompt(self, values: Mapping[str, Any], text: str) -> bool:
        """Whether another prompt in its place gives another text (the template may have indented it, or cut it)."""
        try:
            return self._rendered({**values, "prompt": _ANOTHER}) != text
        except Exception:
            return True

    def _rendered(self, values: Mapping[str, Any]) -> str:
        environment = _environment()
        code = environment.compile(self.source, self.name, self.path)
        template = environment.template_class.from_code(environment, code, environment.make_globals(None))
        return environment.render_bounded(template, values)

    def _place(self, error: Exception) -> str:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == self.path]
        return f"{self.path}, line {lines[-1]}" if lines else self.path


def load_template(path: Path) -> PromptTemplate:
    """Read a template and check all that can be checked without a task.

    Raises:
        BadInput: it cannot be read, is no template, or uses a variable or another file that there is not.
    """
    from jinja2 import TemplateError, meta, nodes

    source = read_bounded(path, str(path), _MAX_BYTES).replace("\r\n", "\n")
    environment = _environment()
    try:
        tree = environment.parse(source, path.name, str(path))
        used = meta.find_undeclared_variables(tree) - set(environment.globals)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise BadInput(f"{path}{f', line {line}' if line else ''}: {error.message}") from error
    except RecursionError as error:
        raise BadInput(f"{path}: nested too deeply") from error
    for other in tree.find_all((nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport)):
        raise BadInput(f"{path}, line {other.lineno}: a prompt template is one file; it can take in no other")
    for unknown in sorted(used - set(VARIABLES)):
        line = min(name.lineno for name in tree.find_all(nodes.Name) if name.name == unknown)
        raise BadInput(f"{path}, line {line}: no variable {unknown!r}; there are {', '.join(VARIABLES)}")
    if "prompt" not in used:
        raise BadInput(f"{path}: never uses {{{{ prompt }}}}, so that every task would be asked alike")
    return PromptTemplate(path.name, source, frozenset(used), str(path))


def read_bounded(path: Path, what: str, most: int) -> str:
    """The text of a file, of which no more than ``most`` bytes are read. what: it is called so in messages.

    Raises:
        BadInput: it is no regular file, too long, or not UTF-8.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a device has no end, and a pipe may never begin
            raise BadInput(f"{what}: cannot be read (not a regular file)")
        with path.open("rb") as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise BadInput(f"{what}: cannot be read (longer than {most} bytes)")
        return data.decode("utf-8")
    except OSError as error:
        raise BadInput(f"{what}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{what}: not UTF-8 at byte {error.start}") from error
    except ValueError as error:  # a path with a null in it
        raise BadInput(f"{what}: cannot be read ({error})") from error


def _environment() -> TemplateEnvironment:
    from .rendering import TemplateEnvironment

    return TemplateEnvironment()
