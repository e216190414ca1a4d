"""The file of `--config`: what it holds, or one line with the file, the line and the key."""

from __future__ import annotations

import os
import random
import string
import threading
import time
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gan.config import RunConfig
from gan.errors import UsageError
from gan.run.options_file import place_of, read_options

if TYPE_CHECKING:
    from collections.abc import Callable

FUZZ_SEED = 16
FUZZED = 10_000


def refusal(file: Path) -> str:
    with pytest.raises(UsageError) as refused:
        read_options(file)
    line = str(refused.value)
    assert line.startswith(f"--config {file}")
    assert "\n" not in line
    return line


def written(folder: Path, content: str | bytes, name: str = "run.toml") -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def big(folder: Path) -> Path:
    file = folder / "big"
    with file.open("wb") as opened:
        opened.truncate(3 << 30)
    return file


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


NOT_PLAIN: dict[str, tuple[Callable[[Path], Path], str]] = {
    "device": (lambda _: Path("/dev/zero"), "it is not a regular file"),
    "terminal": (lambda _: Path("/dev/null"), "it is not a regular file"),
    "pipe": (pipe, "it is not a regular file"),
    "folder": (lambda folder: folder, "it is not a regular file"),
    "sparse": (big, "it holds 3,221,225,472 bytes, at most 65,536 are expected"),
    "missing": (lambda folder: folder / "none.toml", "No such file or directory"),
    "loop": (
        lambda folder: (folder / "loop").symlink_to("loop") or folder / "loop",  # type: ignore[func-returns-value]
        "Too many levels of symbolic links",
    ),
}


@pytest.mark.parametrize("kind", NOT_PLAIN)
def test_only_a_small_regular_file_is_read(kind: str, tmp_path: Path) -> None:
    make, why = NOT_PLAIN[kind]
    file = make(tmp_path)
    begun = time.perf_counter()
    tracemalloc.start()

    line = refusal(file)

    assert line == f"--config {file}: {why}. Expected TOML, or a run's config.json."
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
    assert time.perf_counter() - begun < 1


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link.toml").symlink_to(written(tmp_path, "seed = 3"))

    assert read_options(tmp_path / "link.toml") == {"seed": 3}


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfseed = 3", b"\xef\xbb\xbf# mine\r\nseed = 3\r\n"]
)
def test_the_mark_of_an_editor_in_front_is_no_fault(tmp_path: Path, content: bytes) -> None:
    assert read_options(written(tmp_path, content)) == {"seed": 3}


def test_a_configuration_is_recognised_by_its_suffix_or_its_first_character(tmp_path: Path) -> None:
    text = '{"schema_version": 2, "config": {"seed": 3}}'

    assert read_options(written(tmp_path, text, "saved.JSON")) == {"seed": 3}
    assert read_options(written(tmp_path, f"\n {text}", "saved")) == {"seed": 3}


UNREADABLE = {
    "UTF-16": ("seed = 3".encode("utf-16"), "it is UTF-16; save it as UTF-8"),
    "UTF-16 BE": (b"\xfe\xff" + "seed = 3".encode("utf-16-be"), "it is UTF-16; save it as UTF-8"),
    "Latin-1": (b'seed = 3\ndata = "\xe9"', "line 2 is not text in UTF-8"),
    "NUL": (b"seed = 3\0", "(at line 1, column 9)"),
    "cut": (b"# x\nseed = ", "(at end of document)"),
    "no quotes": (b"seed = 3\npreset = mlp", "(at line 2, column 10)"),
    "deep": (b"seed = " + b"[" * 60_000, "nested too deeply"),
    "deep tables": (b"seed = " + b"{a=" * 15_000, "nested too deeply"),
    "5,000 digits": (b"seed = " + b"9" * 5000, "a number has thousands of digits"),
    "no date": (b"seed = 2024-02-31", "(at line 1, column 8)"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_not_toml_says_where(kind: str, tmp_path: Path) -> None:
    content, why = UNREADABLE[kind]

    line = refusal(written(tmp_path, content))

    assert why in line
    assert line.endswith(" Expected TOML, or a run's config.json.")
    assert len(line) < 400


REFUSED = {
    "quoted number": (
        'learning-rate = "1e-4"',
        (
            ", line 1: --learning-rate: received '1e-4', expected a number above 0 and below 10. "
            "Write 1e-4 without quotes."
        ),
    ),
    "quoted whole number": (
        '# x\n\nseed = "3"',
        ", line 3: --seed: received '3', expected a whole",
    ),
    "unquoted interval": ("sample-every = 500", '. Write "500" in quotes.'),
    "huge": (
        f"seed = 0x{'f' * 5000}",
        ", line 1: --seed: received a number of thousands of digits, expected a whole number",
    ),
    "huge preset": (
        f"preset = 0x{'f' * 5000}",
        ", line 1: --preset: received a number of thousands",
    ),
    "long text": (f'preset = "{"x" * 9999}"', "xxx..., expected mlp"),
    "date": ("seed = 2024-01-01", ", line 1: --seed: received datetime.date(2024, 1, 1), expected"),
    "bool": ("epochs = true", ", line 1: --epochs: received True, expected a whole number"),
    "list": ("preset = ['mlp']", ", line 1: --preset: received ['mlp'], expected mlp"),
    "table": ("[preset]\nname = 3", ", line 1: --preset: received {'name': 3}, expected mlp"),
    "dotted": ("preset.name = 3", ", line 1: --preset: received {'name': 3}, expected mlp"),
    "nan": ("beta_1 = nan", ", line 1: --beta-1: received nan, expected a number from 0"),
    "inf": ("learning-rate = inf", ", line 1: --learning-rate: received inf, expected"),
    "float": ("seed = 3.0", ", line 1: --seed: received 3.0, expected a whole number"),
    "unknown": ("seed = 1\nlr = 0.1", ", line 2: received lr, expected only data, exact_size, "),
    "alias": ("lr = 0.1", " Did you mean learning_rate?"),
    "misspelt": ("bach-size = 3", " Did you mean batch_size?"),
    "of the command line": ("run-dir = 'x'", ", line 1: received run-dir, expected only data"),
    "twice": (
        "batch-size = 3\nbatch_size = 4",
        ", line 1: received batch-size, batch_size, expected",
    ),
    "URL": (
        "data = 'https://x.org/a.npz'",
        ", line 1: --data: received 'https://x.org/a.npz', a URL",
    ),
    "no home": (
        "data = '~no-one/x'",
        ", line 1: --data: received '~no-one/x', but there is no user",
    ),
    "empty": ("data = ''", ", line 1: --data: received '', expected auto"),
    "misspelt value": ("preset = 'dcgna'", " Did you mean dcgan?"),
    "escape codes": ('preset = "\\u001b[2J"', r"received '\x1b[2J', expected mlp"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_wrong_value_is_named_with_its_line_and_its_key(kind: str, tmp_path: Path) -> None:
    text, why = REFUSED[kind]

    line = refusal(written(tmp_path, text))

    assert why in line
    assert len(line) < 700


def test_many_unknown_keys_are_one_short_line(tmp_path: Path) -> None:
    text = "\n".join(f"key-{number} = 1" for number in range(4000))

    line = refusal(written(tmp_path, text))

    assert "received key-0, key-1, key-10 and 3,997 more, expected only data" in line


def test_a_value_that_the_command_line_replaces_may_be_wrong(tmp_path: Path) -> None:
    file = written(tmp_path, "seed = 'x'\nkeep = 2")

    assert read_options(file, overridden={"seed"}) == {"seed": "x", "keep": 2}


JSON_REFUSED = {
    "deep": ('{"config": ' + "[" * 60_000, "nested too deeply"),
    "no object": ('{"config": []}', "no object `config`"),
    "digits": ('{"config": {"seed": ' + "9" * 5000 + "}}", "digits"),
    "twice": ('{"config": {"seed": 1, "seed": 2}}', "received the key 'seed' more than once"),
    "value": ('{\n "config": {\n  "seed": "1"\n }\n}', ", line 3: --seed: received '1', expected"),
    "infinite": ('{"config": {"beta_1": 1e400}}', ", line 1: --beta-1: received inf, expected"),
    "NaN": ('{"config": {"beta_1": NaN}}', ", line 1: --beta-1: received nan, expected"),
    "null": ('{"config": {"seed": null}}', ", line 1: --seed: received None, expected"),
}


@pytest.mark.parametrize("kind", JSON_REFUSED)
def test_a_wrong_configuration_is_refused_alike(kind: str, tmp_path: Path) -> None:
    text, why = JSON_REFUSED[kind]

    assert why in refusal(written(tmp_path, text, "config.json"))


@pytest.mark.parametrize(
    ("text", "name", "place"),
    [
        ("seed = 1", "seed", ", line 1"),
        ("# seed = 1\nseed = 2", "seed", ", line 2"),
        ("run-seed = 1\n'seed' = 2", "seed", ", line 2"),
        ("batch-size = 1", "batch_size", ", line 1"),
        ("data = 'seed'", "seed", ""),
        ('{"config":\n{"batch_size": 1}}', "batch_size", ", line 2"),
    ],
)
def test_a_key_is_found_where_it_is_set(text: str, name: str, place: str) -> None:
    assert place_of(text, name) == place


def test_a_pipe_that_somebody_fills_is_refused_too(tmp_path: Path) -> None:
    """As in `--config <(...)`: what it holds can't be read twice, and may never end."""
    file = pipe(tmp_path)
    reader = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    writer = threading.Thread(target=lambda: file.write_text("seed = 3"))
    writer.start()

    assert "it is not a regular file" in refusal(file)
    writer.join(5)
    os.close(reader)


PIECES = (
    *(f"{name} = " for name in ("seed", "learning-rate", "batch_size", "data", "preset", "steps")),
    *(
        "1",
        "1e-4",
        "'mlp'",
        '"',
        "'",
        "[",
        "]",
        "{",
        "}",
        "=",
        "\n",
        "#",
        ".",
        ",",
        "\\u0000",
        "[[",
    ),
    *("true", "nan", "inf", "-0", "2024-01-01", "0x" + "f" * 50, "9" * 4400, "\x00", "\ufeff", "é"),
    *(
        '{"config": {',
        '"seed": ',
        "null",
        "}}",
        '"schema_version": 1, ',
        "1e999",
        "\\ud800",
        "\x1b[",
    ),
)


def fuzzed(source: random.Random) -> bytes:
    kind = source.randrange(3)
    if kind == 0:
        return source.randbytes(source.randrange(200))
    text = "".join(source.choice(PIECES) for _ in range(source.randrange(1, 12)))
    if kind == 1:
        text = "seed = 3\n" + text
    data = bytearray(text.encode())
    for _ in range(source.randrange(3)):
        data[source.randrange(len(data))] = source.randrange(256)
    return bytes(data)


@pytest.mark.slow
def test_whatever_a_file_holds_is_options_or_one_line(tmp_path: Path) -> None:
    """10,000 files, of random bytes and of pieces of TOML and JSON with some bytes changed."""
    source = random.Random(FUZZ_SEED)
    read = 0
    for number in range(FUZZED):
        file = written(
            tmp_path, fuzzed(source), f"f{number % 2}.{'json' if number % 2 else 'toml'}"
        )
        begun = time.perf_counter()
        line = ""
        try:
            RunConfig.resolve(read_options(file))
        except UsageError as error:
            line = str(error)
        read += not line
        assert "\n" not in line
        assert len(line) < 1000
        assert time.perf_counter() - begun < 1
    assert 0 < read < FUZZED


@pytest.mark.parametrize(
    "content",
    [
        "a." * 30_000 + "b = 1",
        "[a." + "b." * 30_000 + "c]",
        "".join(f"{'a.' * 60}b{n} = 1\n" for n in range(500)),
        "".join(f"[{'a.' * 60}b{n}]\n" for n in range(500)),
        "[[a]]\n" * 10_000,
        "".join(f"[a.b{n}.c]\n" for n in range(5000)),
        "seed = [" + "1," * 30_000 + "]",
        "seed = '''" + "'" * 60_000,
        "".join(f"a{n}.b.c = 1\n" for n in range(4500)),
        "".join(random.Random(1).choice(string.printable) for _ in range(65_000)),
        "seed = " + "1_" * 30_000 + "1",
        "seed = 0." + "1" * 65_000,
        "#" + "." * 65_000,
        "x" * 65_000,
        "seed = 1 " + " " * 65_000 + "x",
    ],
    ids=lambda content: content[:9],
)
def test_a_file_of_the_greatest_size_takes_less_than_a_second(tmp_path: Path, content: str) -> None:
    file = written(tmp_path, content)
    begun = time.perf_counter()

    with suppress(UsageError):  # two of these are options
        read_options(file)

    assert time.perf_counter() - begun < 1
