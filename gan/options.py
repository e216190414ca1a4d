"""Options: the values a setting accepts, and its texts for the help and for errors.

A dataclass describes its fields with `option`: `gan.config.RunConfig` those of a run, a subcommand
those of its own. The command line, the validation and the documentation read the descriptions.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from gan import cadence
from gan.cadence import Cadence
from gan.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Group = Literal["screen", "run", "training", "machine"]
"""A section of the help."""

_METADATA: Final = "option"


@dataclass(frozen=True, slots=True)
class Values:
    """What an option takes."""

    expected: str
    """The values in words, as an error gives them: `a whole number from 1 to 100`."""

    allows: Callable[[Any], bool]
    """Whether a value, of any type, is one of them; a `UsageError` instead says why it is not."""

    read: Callable[[str], Any] = str
    """A word of the command line as a value. Other text is returned unchanged."""

    def refusal(self, value: object) -> str:
        """Why a value is not one of them, in one sentence; empty if it is."""
        try:
            is_allowed = self.allows(value)
        except UsageError as error:
            return str(error)
        return "" if is_allowed else f"received {value!r}, expected {self.expected}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option. Without a `metavar` it is a switch, off by default."""

    group: Group
    help: str
    """One clause, without the default."""

    lists_values: bool = False
    """Whether the help gives the values after the clause."""

    default: Any = None
    default_text: str | None = None
    """What the help gives as the default; `None` for the default itself."""

    metavar: str = ""
    is_positional: bool = False
    """Whether it is given by its place on the command line and not by its name."""

    is_required: bool = False
    """Whether it must be given, if it is positional."""

    short: str = ""
    """A second name of one letter."""

    values: Values | None = None
    """What it takes; `None` for a switch."""

    bare: Any = None
    """Its value if it is given without one; `None` if it needs one."""

    nullable: bool = False
    """Whether `None` is a value."""

    fixed: bool = False
    """Whether it decides the numbers that a run computes: a resumed run can't change it."""

    @property
    def described_default(self) -> str:
        """The default in words; empty if there is nothing to say."""
        if self.default_text is not None:
            return self.default_text
        return "" if self.default is None or self.values is None else str(self.default)

    @property
    def help_line(self) -> str:
        """The help, with the values if they are listed, and with the default."""
        values = f": {self.values.expected}" if self.lists_values and self.values else ""
        default = f" (default: {self.described_default})" if self.described_default else ""
        return f"{self.help}{values}{default}"

    def check(self, name: str, value: object) -> None:
        """Refuse a value that the option doesn't take.

        Raises:
            UsageError: The message gives the option, the value and what was expected.
        """
        if self.values is None or (value is None and self.nullable):
            return
        if refusal := self.values.refusal(value):
            shown = self.metavar if self.is_positional else option_name(name)
            raise UsageError(f"{shown}: {refusal}")

    def usage(self, name: str) -> str:
        """How a field of this name is given on the command line: `--batch-size N`, `[RUN]`."""
        if self.is_positional:
            return self.metavar if self.is_required else f"[{self.metavar}]"
        names = [f"-{self.short}"] if self.short else []
        metavar = self.metavar if self.bare is None else f"[{self.metavar}]"
        return f"{', '.join([*names, option_name(name)])} {metavar}".rstrip()


def option(default: Any, metavar: str = "", values: Values | None = None, **described: Any) -> Any:
    """A dataclass field that is an option.

    Args:
        default: The field's default.
        metavar: The name of its value in the help; empty for a switch.
        values: What it takes; `None` for a switch.
        described: The other fields of `Option`.
    """
    described_option = Option(default=default, metavar=metavar, values=values, **described)
    return dataclasses.field(default=default, metadata={_METADATA: described_option})


def options_of(record: type[Any]) -> dict[str, Option]:
    """The options among a dataclass's fields, by field name."""
    fields = dataclasses.fields(record)
    return {f.name: f.metadata[_METADATA] for f in fields if _METADATA in f.metadata}


def option_name(field_name: str) -> str:
    """The command-line option of a field: `batch_size` is `--batch-size`."""
    return "--" + field_name.replace("_", "-")


def whole_number(low: int, high: int) -> Values:
    """Whole numbers from `low` to `high`."""

    def allows(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    return Values(f"a whole number from {low} to {high}", allows, _reader(int))


def number(expected: str, holds: Callable[[float], bool]) -> Values:
    """Numbers for which `holds` is true, and `expected` in words."""

    def allows(value: Any) -> bool:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and holds(value)

    return Values(expected, allows, _reader(float))


def one_of(names: Iterable[str]) -> Values:
    """Some names and nothing else."""
    known = tuple(names)
    return Values(either(known), lambda value: value in known)


def interval(*names: str) -> Values:
    """What `Cadence.parse` reads, or one of these names."""
    expected = ", ".join([*names, cadence.EXPECTED])

    def allows(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        return value in names or Cadence.parse(value, expected) is not None

    return Values(expected, allows)


def path() -> Values:
    """Any path but the empty one, which `Path` would take for the current folder."""

    def read(word: str) -> Path | str:
        return Path(word) if word else word

    return Values("a path", lambda value: isinstance(value, Path), read)


def text(expected: str) -> Values:
    """Any non-empty text; `expected` says what it stands for."""
    return Values(expected, lambda value: isinstance(value, str) and bool(value))


def either(names: Iterable[str]) -> str:
    """Names as alternatives: `float32, tf32 or bfloat16`."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def _reader(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Parse a word; text that isn't a number stays text, which `Option.check` then refuses."""

    def read(word: str) -> Any:
        try:
            return parse(word)
        except ValueError:
            return word

    return read
