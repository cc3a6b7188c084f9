"""Why the text of a file cannot be turned into data: what is wrong, where, and what to do."""

import json
from typing import NoReturn

import yaml

from analyses.said import Count
from analyses.said import said as _
from analyses.specifications.contract import FORMS_READ, SpecificationError, shown

DEEPEST = 100  # lists and mappings within one another
MOST_NODES = 500_000  # values, each alias counted as what it stands for
TOO_DEEP = _(
    "The file is nested more than %(most)s levels deep, which no API needs. Check how it was made.", most=DEEPEST
)


def no_json(error: json.JSONDecodeError) -> SpecificationError:
    """It is JSON with a problem, as its reader says."""
    return SpecificationError(
        _(
            "The file is not valid JSON: %(problem)s at line %(line)s, column %(column)s. "
            "Correct it there, or export the file again.",
            problem=error.msg,
            line=error.lineno,
            column=error.colno,
        )
    )


def twice_in_object(key: str) -> SpecificationError:
    """An object of JSON names a key twice."""
    return SpecificationError(
        _(
            "The key “%(key)s” is there twice in one object of the file, so that nobody can know which one counts. "
            "Remove one of them.",
            key=shown(key, 60),
        )
    )


def twice_in_mapping(key: str, line: int) -> SpecificationError:
    """A mapping of YAML names a key twice."""
    return SpecificationError(
        _(
            "The key “%(key)s” at line %(line)s is there twice in one mapping. Remove one of them.",
            key=shown(key, 60),
            line=line,
        )
    )


def no_number(word: str, line: int) -> NoReturn:
    """Refuse a number, at a line; of JSON none is known, which is 0."""
    if not line:
        raise SpecificationError(
            _("%(word)s is no number that can be used. Correct it, or put it in quotation marks.", word=word)
        )
    raise SpecificationError(
        _(
            "%(word)s is no number that can be used at line %(line)s. Correct it, or put it in quotation marks.",
            word=word,
            line=line,
        )
    )


def too_much() -> SpecificationError:
    """It has too many values."""
    return SpecificationError(
        _(
            "The file stands for more than %(most)s values, such as by aliases of aliases. "
            "Export it without aliases, or with fewer endpoints.",
            most=Count(MOST_NODES),
        )
    )


def no_yaml(problem: str) -> SpecificationError:
    """It is YAML with a problem, as its reader says."""
    return SpecificationError(
        _(
            "The file is not valid YAML: %(problem)s. Correct it there. These files can be read: %(forms)s.",
            problem=problem,
            forms=FORMS_READ,
        )
    )


def at(problem: str, mark: yaml.Mark) -> str:
    """A problem of YAML, with its place."""
    place = {"line": mark.line + 1, "column": mark.column + 1}
    return _("%(problem)s at line %(line)s, column %(column)s", problem=shown(problem), **place)


def no_alias(anchor: str, line: int, *, inside: bool) -> SpecificationError:
    """An alias stands for nothing, or is `inside` of what it stands for."""
    if inside:
        return SpecificationError(
            _(
                "The alias *%(anchor)s at line %(line)s stands within what it stands for. Write it out instead.",
                anchor=anchor,
                line=line,
            )
        )
    return SpecificationError(
        _("The alias *%(anchor)s at line %(line)s stands for nothing. Write it out instead.", anchor=anchor, line=line)
    )
