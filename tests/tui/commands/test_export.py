"""`gan-tui export`: what it writes, prints and refuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from gan.run.checkpoints.store import CheckpointStore
from gan.run.samples import write_samples
from tests import fakes
from tests.gan.run.states import point, state
from tests.tui.comparing import grid, make_run, story
from tui.choices import PARTS
from tui.cli import main
from tui.commands.export import OPTIONS
from tui.commands.export_formats import FORMATS

if TYPE_CHECKING:
    from gan.run.directory import RunDirectory


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDirectory:
    """A run of 1,000 steps with two grids and two evaluations, and the present folder around it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    happened = story(1000, fds=[(500, 9.0), (1000, 8.0)])
    made = make_run(
        tmp_path / "runs" / "00001-mlp-mnist", [*happened, grid(500), grid(1000)], preset="mlp"
    )
    for step in (500, 1000):
        write_samples(made, step, fakes.squares(), np.zeros((16, 2), np.float32))
    return made


FROM_CHECKPOINTS = ("keras", "safetensors", "onnx", "card")
"""Formats for which a log is not enough."""


def destinations(folder: Path) -> dict[str, Path]:
    """A file or folder for each format that a log is enough for."""
    light = [name for name in FORMATS if name not in FROM_CHECKPOINTS]
    return {name: folder / f"{name}{FORMATS[name].suffix}" for name in light}


def words_for(name: str, path: Path) -> list[str]:
    return [f"--{name.replace('_', '-')}", str(path)]


def test_several_formats_are_written_in_one_call(
    run: RunDirectory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = destinations(tmp_path)
    words = [word for name, path in wanted.items() for word in words_for(name, path)]

    assert main(["export", *words]) == 0

    out, err = capsys.readouterr()
    written = [Path(line) for line in out.splitlines()]
    # In a folder it is the file that is named.
    assert [path if path in wanted.values() else path.parent for path in written] == [
        *wanted.values()
    ]
    assert err == "export: 00001-mlp-mnist up to step 1,000\n"
    assert all(path.is_file() for path in written)
    assert run.path.is_dir()


@pytest.mark.slow
def test_what_a_checkpoint_holds_is_written_in_one_call_too(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from tests.gan.export.checkpoints import run_of

    pytest.importorskip("safetensors")
    made = run_of(tmp_path, "mlp")
    wanted = {name: tmp_path / f"{name}{FORMATS[name].suffix}" for name in FROM_CHECKPOINTS}
    del wanted["onnx"]
    words = [word for name, path in wanted.items() for word in words_for(name, path)]
    # What TensorFlow printed for the networks of the test.
    capfd.readouterr()

    assert main(["export", str(made.path), *words]) == 0

    out, err = capfd.readouterr()
    assert [Path(line) for line in out.splitlines()] == [
        wanted["keras"] / "generator.keras",
        wanted["keras"] / "discriminator.keras",
        wanted["safetensors"],
        wanted["card"],
    ]
    assert err == "export: mlp up to step 40\n"


def test_every_format_is_an_option() -> None:
    assert FORMATS.keys() <= OPTIONS.keys()
    for name, kind in FORMATS.items():
        assert OPTIONS[name].usage(name).endswith("FILE" if kind.suffix else "DIR")
        assert set(kind.options) <= OPTIONS.keys()


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        ([], 2, "received no format, expected --png FILE"),
        (
            ["--png", "a.gif"],
            2,
            "--png: received 'a.gif', expected the path of a file that ends in",
        ),
        (["--png", ""], 2, "--png: received ''"),
        (["--png", "gone/a.png"], 2, "there is no folder"),
        (["--csv", "a.csv", "--quality-csv", "./a.csv"], 2, "is that of --csv too. Name another"),
        (["--card", "c.md", "--png", "c-samples.png"], 2, "c-samples.png is that of --png too"),
        (["--keras", "a", "--tensorboard", "a/../a"], 2, "a is that of --tensorboard too"),
        (["--keras", "runs/1/x", "--csv", "no/a.csv"], 2, "--csv: "),
        (["--png", "a.png", "--size", "80x24"], 2, "--size changes only --svg, which was not"),
        (["--svg", "a.svg", "--size", "80"], 2, "--size: received '80', expected columns x rows"),
        (["--svg", "a.svg", "--size", "9x9"], 2, "--size: received '9x9'"),
        (["--svg", "a.svg", "--size", "9000x50"], 2, "--size: received '9000x50'"),
        (["--svg", "a.svg", "--theme", "pink"], 2, "--theme: received 'pink'"),
        (["17", "--png", "a.png"], 4, "no run '17'"),
        (["1@5000", "--png", "a.png"], 4, "has no step 5,000: its newest is 1,000"),
        (["--runs", "none", "--png", "a.png"], 4, "no run to export in"),
        (["--png", "a.png", "--forec"], 2, "Did you mean --force?"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(
    words: list[str], code: int, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(tmp_path.rglob("*"))

    assert main(["export", *words]) == code

    out, err = capsys.readouterr()
    assert reason in err
    assert (out, err.count("\n")) == ("", 1)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.usefixtures("run")
def test_a_file_that_exists_is_refused_before_any_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_bytes(b"mine")

    assert main(["export", "--png", "a.png", "--csv", "a.csv"]) == 2

    assert "a.csv exists. Replace it with --force" in capsys.readouterr().err
    assert (tmp_path / "a.csv").read_bytes() == b"mine"
    assert not (tmp_path / "a.png").exists()
    assert main(["export", "--png", "a.png", "--csv", "a.csv", "--force"]) == 0
    assert (tmp_path / "a.csv").read_bytes().startswith(b"step,")


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize(
    ("there", "words"),
    [
        ("k/generator.keras", ["--keras", "k"]),
        ("t/events.out.tfevents.1234567890.gan-tui", ["--tensorboard", "t"]),
        ("c-samples.png", ["--card", "c.md"]),
        ("k", ["--keras", "k/models"]),
    ],
)
def test_all_that_a_format_would_write_is_looked_at_before_any_is_written(
    there: str, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).write_bytes(b"mine")
    before = sorted(tmp_path.rglob("*"))

    assert main(["export", "--csv", "a.csv", *words]) == 2

    assert f"gan-tui: {words[0]}: {tmp_path}/{there}".split("/events")[0] in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.usefixtures("run")
def test_the_commands_for_tensorboard_in_the_readme_work_in_a_fresh_folder(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"gan-tui export [78] (--tensorboard \S+)", readme)
    for words in commands:
        assert main(["export", "1", *words.split()]) == 0
    assert len(commands) == len(list(tmp_path.glob("tb/*/events.out.tfevents.*"))) == 2


def with_checkpoints(run: RunDirectory, *steps: int) -> None:
    store = CheckpointStore(run, keep=9)
    for step in steps:
        store.save(state(step), point(step))


def test_all_formats_are_of_the_step_of_the_checkpoint(
    run: RunDirectory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A checkpoint that is saved meanwhile, or is removed, changes nothing."""
    with_checkpoints(run, 600)
    words = ["--csv", "a.csv", "--png", "a.png", "--card", "a.md", "--html", "a.html"]

    assert main(["export", *words]) == 0

    assert len((tmp_path / "a.csv").read_text().splitlines()) == 601
    assert "at step 600" in (tmp_path / "a.md").read_text()
    assert "up to step 600" in (tmp_path / "a.html").read_text()
    assert capsys.readouterr().err.splitlines() == [
        "export: 00001-mlp-mnist up to step 600",
        "export: --png has the grid of step 500, the newest up to step 600",
        "export: --card has the picture of step 500, the newest up to step 600",
    ]


def test_a_damaged_checkpoint_is_named_and_the_one_before_it_is_exported(
    run: RunDirectory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_checkpoints(run, 500, 1000)
    (run.checkpoints_path / "step-00001000" / "state.npz").write_bytes(b"nothing")

    assert main(["export", "--card", "a.md", "--csv", "a.csv"]) == 0

    err = capsys.readouterr().err.splitlines()
    assert err[0].startswith("export: the checkpoint of step 1000 can't be used: ")
    assert err[1:] == [
        "export: the one before it is used, that of step 500",
        "export: 00001-mlp-mnist up to step 500",
    ]
    assert "at step 500" in (tmp_path / "a.md").read_text()


@pytest.mark.usefixtures("run")
def test_without_a_checkpoint_the_other_formats_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "--card", "a.md", "--csv", "a.csv"]) == 4
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "a.csv")]


@pytest.mark.usefixtures("run")
def test_standard_output_that_is_full_is_no_fault_of_a_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        assert main(["export", "--csv", "a.csv", "--png", "a.png"]) == 74
    err = capsys.readouterr().err.splitlines()
    assert err[1:] == ["gan-tui: cannot write to standard output: No space left on device."]
    assert (tmp_path / "a.csv").exists()
    assert (tmp_path / "a.png").exists()


def test_what_a_run_lacks_is_said_and_the_rest_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = make_run(tmp_path / "bare", story(10))
    paths = destinations(tmp_path)

    words = [
        word for name in ("gif", "csv", "quality_csv") for word in words_for(name, paths[name])
    ]
    assert main(["export", str(bare.path), *words]) == 74

    out, err = capsys.readouterr()
    assert out.splitlines() == [str(paths["csv"])]
    begins = [line.split(": ")[1] for line in err.splitlines()]
    assert begins == ["bare up to step 10", "--gif", "--quality-csv"]
    assert "--sample-every sets how often" in err


def test_a_run_without_a_step_is_drawn_as_it_is(tmp_path: Path) -> None:
    begun = make_run(tmp_path / "begun", story(10)[:2])
    assert main(["export", str(begun.path), "--svg", str(tmp_path / "a.svg")]) == 0
    assert "loading" in (tmp_path / "a.svg").read_text()


@pytest.mark.usefixtures("run")
def test_a_run_is_exported_as_far_as_a_step(tmp_path: Path) -> None:
    assert main(["export", "1@700", "--csv", "a.csv", "--gif", "a.gif", "--svg", "a.svg"]) == 0
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 701
    with Image.open(tmp_path / "a.gif") as film:
        assert film.n_frames == 1
    svg = (tmp_path / "a.svg").read_text().replace("&#160;", " ")
    assert "700" in svg
    assert "1,000/" not in svg


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("part", PARTS)
def test_a_picture_loads_nothing_from_another_host(tmp_path: Path, part: str) -> None:
    assert main(["export", "--svg", "a.svg", "--part", part]) == 0
    svg = (tmp_path / "a.svg").read_text()
    # Names of vocabularies, which nobody loads.
    assert re.findall(r"url\((?!#)|@import|<image|href", svg) == []
    assert "font-family: monospace" in svg


@pytest.mark.usefixtures("run")
def test_the_picture_has_the_size_that_was_asked_for(tmp_path: Path) -> None:
    for size in ("80x24", "200x60"):
        words = ["--svg", f"{size}.svg", "--size", size]
        assert main(["export", *words, "--theme", "light", "--glyphs", "quad"]) == 0
    small, large = ((tmp_path / f"{size}.svg").read_text() for size in ("80x24", "200x60"))
    assert small.count('y="') < large.count('y="')


def test_a_log_that_grows_is_exported_as_far_as_it_is(
    run: RunDirectory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with run.log_path.open("a") as log:
        log.write('{"event": "StepsCompleted", "first_step": 1001, "d_lo')

    assert main(["export", "--csv", "a.csv", "--svg", "a.svg"]) == 0

    assert len((tmp_path / "a.csv").read_text().splitlines()) == 1_001
    assert capsys.readouterr().err == "export: 00001-mlp-mnist up to step 1,000\n"
