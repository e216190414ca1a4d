"""Options: the values a setting accepts, and its texts for the help and for errors.

A dataclass describes its fields with `option`: `gan.config.RunConfig` those of a run, a subcommand
those of its own. The command line, the validation and the documentation read the descriptions.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from gan import cadence
from gan.cadence import Cadence
from gan.errors import UsageError
from gan.hints.nearest import hint, nearest
from gan.hints.quoting import brief
from gan.paths import expanded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Group = Literal["screen", "run", "training", "machine"]
"""A section of the help."""

_METADATA: Final = "option"

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,400}")
_NUMBER: Final = re.compile(
    r"[+-]?(?:(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:e[+-]?[0-9]{1,9})?|inf|nan)",
    re.IGNORECASE,
)
"""Python also reads digits of other scripts, `_` between digits, and spaces around a number."""


class OptionError(UsageError):
    """A value that an option doesn't take, or an option that doesn't exist."""

    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = name
        """The field's name, or the unknown one as it was given."""


@dataclass(frozen=True, slots=True)
class Values:
    """What an option takes."""

    expected: str
    """The values in words, as an error gives them: `a whole number from 1 to 100`."""

    allows: Callable[[Any], bool]
    """Whether a value, of any type, is one of them; a `UsageError` instead says why it is not."""

    read: Callable[[str], Any] = str
    """A word of the command line as a value. Other text is returned unchanged."""

    meant: Callable[[str], str | None] = lambda _: None
    """The value that a person may have meant with a word that is none; `None` if none is near."""

    names: tuple[str, ...] = ()
    """The values, if they are a few names; a shell offers them."""

    is_path: bool = False
    """Whether the values are paths; a shell offers those that there are."""

    def refusal(self, value: object) -> str:
        """Why a value is not one of them, in one line; empty if it is."""
        try:
            is_allowed = self.allows(value)
        except UsageError as error:
            return str(error)
        if is_allowed:
            return ""
        meant = self.meant(value) if isinstance(value, str) else None
        return f"received {brief(value)}, expected {self.expected}.{hint(meant)}"


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

    is_repeated: bool = False
    """Whether several may be given: a list. If it is positional, one after another, or else each
    with the option's name."""

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
            OptionError: The message gives the option, the value and what was expected.
        """
        if self.values is None:
            if not isinstance(value, bool):
                msg = f"{option_name(name)}: received {brief(value)}, expected true or false."
                raise OptionError(msg, name)
            return
        if value is None and self.nullable:
            return
        if self.is_repeated and isinstance(value, (list, tuple)):
            for one in value:
                replace(self, is_repeated=False).check(name, one)
            return
        if refusal := self.values.refusal(value):
            shown = self.metavar if self.is_positional else option_name(name)
            raise OptionError(f"{shown}: {refusal}", name)

    def usage(self, name: str) -> str:
        """How a field of this name is given on the command line: `--batch-size N`, `[RUN]`."""
        if self.is_positional and self.is_repeated:
            return f"{self.metavar} {self.metavar} [{self.metavar} ...]"
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

    return Values(f"a whole number from {low} to {high}", allows, _reader(_WHOLE, int))


def number(expected: str, holds: Callable[[float], bool]) -> Values:
    """Numbers for which `holds` is true, and `expected` in words."""

    def allows(value: Any) -> bool:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and holds(value)

    return Values(expected, allows, _reader(_NUMBER, float))


def one_of(names: Iterable[str], aliases: Mapping[str, str] | None = None) -> Values:
    """Some names and nothing else; errors may also know what they are called elsewhere."""
    known = tuple(names)
    return Values(
        either(known),
        lambda value: value in known,
        meant=lambda word: nearest(word, known, aliases or {}),
        names=known,
    )


def interval(*names: str) -> Values:
    """What `Cadence.parse` reads, or one of these names."""
    expected = ", ".join([*names, cadence.EXPECTED])

    def allows(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        return value in names or Cadence.parse(value, expected) is not None

    return Values(expected, allows)


_DURATION: Final = re.compile(r"([0-9]{1,6})([smh])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}


def duration(expected: str) -> Values:
    """Times above zero, such as `30s`, `5m` or `2h`; `expected` has them in words."""
    return Values(expected, lambda value: isinstance(value, str) and seconds_of(value) > 0)


def seconds_of(text: str) -> float:
    """The seconds that a time stands for: `5m` is 300; 0 if it is no time."""
    match = _DURATION.fullmatch(text)
    return 0.0 if match is None else float(int(match[1]) * _SECONDS[match[2]])


_SIZE: Final = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,3}))? ?([MGT])(i?)B?", re.IGNORECASE)
_UNITS: Final = {"M": 2, "G": 3, "T": 4}
"""Powers of a thousand, or of 1024 with an `i`."""


def size(low: int) -> Values:
    """Amounts of memory of at least `low` bytes, such as `4GB`."""

    def allows(value: Any) -> bool:
        return isinstance(value, str) and (size_in_bytes(value) or 0) >= low

    return Values(f"a size from {low // 10**6}MB, such as 4GB or 512MiB", allows)


def size_in_bytes(text: str) -> int | None:
    """The bytes that a size stands for: `4GB` is 4,000,000,000; `None` if it is no size."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        return None
    whole, decimals, unit, binary = match.groups()
    factor: int = (1024 if binary else 1000) ** _UNITS[unit.upper()]
    thousandths = int(whole) * 1000 + int((decimals or "").ljust(3, "0"))
    return thousandths * factor // 1000


def path() -> Values:
    """Any path but the empty one; a leading `~` is a home folder.

    Every option that takes a path has these values, so all of them read it alike.
    """

    def read(word: str) -> Path | str:
        try:
            return Path(expanded(word)) if word else word
        except UsageError:
            # Refused by `allows`, whose error names the option.
            return word

    def allows(value: Any) -> bool:
        if isinstance(value, str):
            expanded(value)
        return isinstance(value, Path)

    return Values("a path", allows, read, is_path=True)


def text(expected: str) -> Values:
    """Any non-empty text; `expected` says what it stands for."""
    return Values(expected, lambda value: isinstance(value, str) and bool(value))


def either(names: Iterable[str]) -> str:
    """Names as alternatives: `float32, tf32 or bfloat16`."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def _reader(form: re.Pattern[str], parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Parse a word; text that isn't a number stays text, which `Option.check` then refuses."""
    return lambda word: parse(word) if form.fullmatch(word) else word
