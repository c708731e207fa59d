"""All settings of a config with their values and their meaning, for people."""

import dataclasses
import inspect
import re
import textwrap
from typing import Any

from divas_jax.config import Config

WIDTH = 110
"""Characters a line, where a value leaves room for its meaning."""

_INDENT = "    "
_ENTRY = re.compile(r"^  (\w+): ", re.MULTILINE)


def settings_text(config: Config) -> str:
    """`group.key = value`, and what it means below; as one writes it on the command line, after `--config.`."""
    return "\n".join(_lines(config, ""))


def meanings(cls: type) -> dict[str, str]:
    """What each key of a group of settings means: the Attributes of its docstring."""
    attributes = inspect.cleandoc(cls.__doc__ or "").partition("Attributes:\n")[2]
    _, *parts = _ENTRY.split(attributes)
    return {key: " ".join(text.split()) for key, text in zip(parts[::2], parts[1::2], strict=True)}


def _lines(group: Any, prefix: str) -> list[str]:
    meaning_of = meanings(type(group))
    lines = []
    for key in (field.name for field in dataclasses.fields(group)):
        value = getattr(group, key)
        if dataclasses.is_dataclass(value):
            lines += _lines(value, f"{prefix}{key}.")
            continue
        lines.append(f"{prefix}{key} = {value!r}")
        lines += textwrap.wrap(meaning_of[key], WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
    return lines
