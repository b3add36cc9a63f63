"""Conditions as people write them, and as MetricFlow reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rapport.errors import UsageError

_PARTS = re.compile(r"(?P<text>'(?:[^']|'')*')|(?P<word>[A-Za-z_]\w*)")
_WORDS = {
    "and", "as", "between", "cast", "coalesce", "date", "false", "ilike", "in", "interval", "is", "like", "lower",
    "not", "null", "numeric", "or", "text", "true", "upper",
}  # fmt: skip


def as_template(condition: str, names: Mapping[str, str]) -> str:
    """`country = 'TR'` as `{{ Dimension('customer__country') }} = 'TR'`; what is a template already stays as it is.

    `names` are those that a condition may use, with MetricFlow's own. Raises UsageError for any other word.
    """
    if "{{" in condition:
        return condition

    def translated(part: re.Match[str]) -> str:
        word = part["word"]
        if word is None or word.lower() in _WORDS:
            return part[0]
        if word not in names:
            raise UsageError(
                f"There is no `{word}` to compare here.",
                where=f"--where {condition}",
                fix=f"use one of {', '.join(names)}; put text in single quotes: country = 'TR'",
            )
        return _reference(names[word])

    return _PARTS.sub(translated, condition)


def _reference(name: str) -> str:
    if name.startswith("metric_time__"):
        return f"{{{{ TimeDimension('metric_time', '{name.removeprefix('metric_time__')}') }}}}"
    return f"{{{{ {'Dimension' if '__' in name else 'Entity'}('{name}') }}}}"
