"""What a suite requires beside Python, as text: PEP 508 requirements.

A suite is a stranger's file, so its requirements are data: names, versions and markers are taken; addresses are not,
and neither is evalrun itself, whose package holds the answers to its own suites.
"""

from __future__ import annotations

from collections.abc import Iterable

from .errors import BadInput


def parse_requirements(texts: Iterable[str]) -> tuple[str, ...]:
    """PEP 508 requirements in one normal form, sorted, those for other machines left out.

    BadInput names one that cannot be read, or that names an address instead of an index's package.
    """
    texts = list(texts)
    if not texts:  # as most suites; what follows takes 20 ms to import
        return ()
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    found: set[str] = set()
    for text in texts:
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            why = str(error).split("\n")[0]
            raise BadInput(f"requires {text[:80]!r}: not a requirement such as numpy or pandas>=2 ({why})") from error
        if requirement.url is not None:
            raise BadInput(f"requires {text[:80]!r}: an address is not taken; name a package of an index")
        requirement.name = canonicalize_name(requirement.name)
        if requirement.name == "evalrun":
            raise BadInput("requires 'evalrun': its package holds answers, so it is not given to answers")
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            requirement.marker = None
            found.add(str(requirement))
    return tuple(sorted(found))
