"""What is loaded, and what must not be, seen from fresh interpreters.

The contracts in `pyproject.toml` read the source. They cannot see what a deferred import does at
run time, nor which parts of Textual a module drags in; a new process and its `sys.modules` can.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan.run.samples import write_samples
from tests import fakes
from tests.tui.comparing import grid, make_run, story
from tui.commands.export_formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[1]
TENSORFLOW = ("tensorflow", "keras")
SCREEN = ("textual", "rich", "tui")
SECONDS = 120

WITH_TENSORFLOW = ("gan.bench", "gan.keras", "gan.models", "gan.training")
LIGHT = ("gan.models", "gan.models.presets")
"""The table of presets, which the configuration reads."""
WITHOUT_TEXTUAL = (
    "tui.commands.train_options",
    "tui.cli",
    "tui.commands.compare",
    "tui.commands.compare_table",
    "tui.commands.doctor",
    "tui.commands.doctor_table",
    "tui.commands.evaluate",
    "tui.commands.export",
    "tui.commands.sample",
    "tui.commands.progress_bar",
    "tui.commands.runs",
    "tui.commands.summary",
    "tui.commands.train",
    "tui.commands.train_headless",
    "tui.terminal.stderr_capture",
)
WITHOUT_RICH = (
    "tui.commands.train_options",
    "tui.cli",
    "tui.commands.bench",
    "tui.commands.doctor",
    "tui.commands.doctor_table",
    "tui.commands.evaluate",
    "tui.commands.sample",
    "tui.commands.train",
    "tui.commands.train_headless",
    "tui.terminal.stderr_capture",
)
TEXTUALS_APPLICATION = (
    "textual.app",
    "textual.driver",
    "textual.screen",
    "textual.widget",
    "textual.widgets",
)

ONLY_LATER = ("PIL", "psutil", "pynvml")
"""What draws digits and reads the machine."""

LOADED_BY_EACH = """
import importlib, json, sys
names, unwanted = json.loads(sys.argv[1])
offenders = {}
for name in names:
    before = set(sys.modules)
    importlib.import_module(name)
    new = set(sys.modules) - before
    found = sorted(m for m in new for u in unwanted if m == u or m.startswith(u + "."))
    if found:
        offenders[name] = found[:3]
print(json.dumps(offenders))
"""

LOADED_BY_MAIN = """
import contextlib, io, json, sys
from tui.cli import main
with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())), contextlib.suppress(SystemExit):
    main(json.loads(sys.argv[1]))
print(json.dumps(sorted(sys.modules)))
"""

LOADED_BY_THE_DASHBOARD = """
import asyncio, json, sys
from tests import fakes
from tui.app.app import GanTuiApp

async def show():
    app = GanTuiApp(fakes.FakeSource(fakes.training()))
    async with app.run_test() as pilot:
        while not app.state.progress.step:
            await pilot.pause(0.005)

asyncio.run(show())
print(json.dumps(sorted(sys.modules)))
"""

LOADED_BY_THE_FIRST_FRAME = """
import asyncio, json, sys
import gan.export.writer, gan.session.session
import tui.model.source, tui.terminal.driver, tui.terminal.stderr_capture
from tests import fakes
from tui.app.app import GanTuiApp

async def show():
    app = GanTuiApp(fakes.FakeSource(fakes.compiling()[:1]))
    async with app.run_test() as pilot:
        await pilot.pause()
        return sorted(sys.modules)

print(json.dumps(asyncio.run(show())))
"""


def fresh(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A script in an interpreter that has loaded nothing yet."""
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def answer(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def offenders(names: Iterable[str], unwanted: Iterable[str]) -> dict[str, list[str]]:
    """Of these modules, imported in order in one process, who loads what nobody should."""
    done = fresh(LOADED_BY_EACH, json.dumps([sorted(names), list(unwanted)]))
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def loaded(modules: Iterable[str], *wanted: str) -> set[str]:
    """The wanted top-level packages that are among these modules."""
    return {name.partition(".")[0] for name in modules} & set(wanted)


def modules_of(package: str) -> list[str]:
    """Every module of a package, itself included, from its files."""
    files = ROOT.joinpath(*package.split(".")).rglob("*.py")
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files]
    return [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]


def is_in(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def test_an_unwanted_module_is_found() -> None:
    """The method itself can fail."""
    assert offenders(["tui.render.strips", "tui.style.styles"], ["textual.theme"]) == {
        "tui.style.styles": ["textual.theme"]
    }


def test_the_vocabulary_the_data_and_the_run_directory_need_neither_tensorflow_nor_a_screen() -> (
    None
):
    heavy = [name for name in modules_of("gan") if is_in(name, WITH_TENSORFLOW)]
    names = set(modules_of("gan")) - set(heavy) | set(LIGHT)

    assert {
        "gan.config",
        "gan.models.presets",
        "gan.run.lock",
        "gan.data.loader",
        "gan.session.session",
    } <= names
    assert offenders(names, (*TENSORFLOW, *SCREEN)) == {}


FRAMEWORKS = ("tensorflow", "keras", "torch", "jax", *SCREEN)
"""What a recorded loop may be written in, and what shows it."""

RECORDS_A_RUN = """
import json, sys
from gan import Recorder
with Recorder(sys.argv[1]) as run:
    run.log(d_loss=1.0, g_loss=2.0)
print(json.dumps(sorted(sys.modules)))
"""


def test_the_package_alone_loads_nothing_and_its_recorder_no_framework(tmp_path: Path) -> None:
    assert (
        loaded(
            answer(fresh("import gan, json, sys; print(json.dumps([*sys.modules]))")),
            "numpy",
            *FRAMEWORKS,
        )
        == set()
    )
    modules = answer(fresh(RECORDS_A_RUN, str(tmp_path)))

    assert "gan.recorder.recorder" in modules
    assert loaded(modules, "numpy", "PIL", *FRAMEWORKS) == {"numpy"}


def test_the_configuration_loads_no_reader_of_images_and_no_networks() -> None:
    """It reads the tables of data sources and presets, which name both by their import paths."""
    modules = ["gan.data.loader", "gan.data.npz", "gan.data.layouts", "gan.models.mlp", "PIL"]

    assert offenders(["gan.config"], modules) == {}


@pytest.mark.slow
def test_models_and_training_know_no_screen() -> None:
    """Rich may be there: Keras itself prints with it."""
    names = [name for name in modules_of("gan") if is_in(name, WITH_TENSORFLOW)]

    assert {"gan.models.mlp", "gan.training.loop", "gan.models.randomness"} <= set(names)
    assert offenders(names, ["textual", "tui"]) == {}


def test_the_whole_screen_needs_no_tensorflow() -> None:
    assert offenders(modules_of("tui"), TENSORFLOW) == {}


def test_a_dashboard_that_shows_a_run_loads_no_tensorflow() -> None:
    modules = answer(fresh(LOADED_BY_THE_DASHBOARD))

    assert loaded(modules, "textual", *TENSORFLOW) == {"textual"}


def test_the_first_frame_waits_for_nothing_that_only_later_ones_need() -> None:
    modules = answer(fresh(LOADED_BY_THE_FIRST_FRAME))

    assert loaded(modules, "textual", *ONLY_LATER) == {"textual"}


def test_what_runs_without_a_dashboard_loads_no_textual() -> None:
    assert offenders(WITHOUT_TEXTUAL, ["textual"]) == {}


def test_the_command_line_is_read_without_rich() -> None:
    assert offenders(WITHOUT_RICH, ["rich"]) == {}


def test_rendering_uses_textuals_strips_and_none_of_its_application() -> None:
    names = modules_of("tui.render")

    assert "tui.render.chart" in names
    assert offenders(names, (*TEXTUALS_APPLICATION, "gan", *TENSORFLOW)) == {}


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_an_answer_from_the_command_line_loads_neither_side(option: str) -> None:
    modules = answer(fresh(LOADED_BY_MAIN, json.dumps([option])))

    assert loaded(modules, "argparse") == {"argparse"}
    assert loaded(modules, "textual", "rich", "numpy", *TENSORFLOW) == set()


def test_a_headless_run_goes_from_its_first_line_to_its_last_without_textual(
    tmp_path: Path,
) -> None:
    """It fails for want of data, so TensorFlow is not reached: the data comes first."""
    words = ["--no-ui", "--data", str(tmp_path / "none"), "--run-dir", str(tmp_path / "run")]

    modules = answer(fresh(LOADED_BY_MAIN, json.dumps(words)))

    assert "gan.headless.runner" in modules
    assert loaded(modules, "textual", *TENSORFLOW) == set()


def test_showing_a_source_loads_no_tensorflow_and_only_its_sheet_loads_textual(
    tmp_path: Path,
) -> None:
    source = tmp_path / "a.npy"
    np.save(source, np.arange(3 * 784, dtype=np.uint8).reshape(3, 28, 28))

    for words, expected in (["--json"], set()), ([], {"textual"}):
        modules = answer(fresh(LOADED_BY_MAIN, json.dumps(["data", str(source), *words])))
        assert loaded(modules, "textual", *TENSORFLOW) == expected


FORMATS_WITH_TENSORFLOW = {name for name, one in FORMATS.items() if one.imports_tensorflow}
"""Those that write networks."""


def test_exports_load_no_tensorflow_and_only_that_of_the_screen_loads_textual(
    tmp_path: Path,
) -> None:
    run = make_run(tmp_path / "run", [*story(10, fds=[(10, 9.0)]), grid(10)])
    write_samples(run, 10, fakes.squares(), np.zeros((16, 2), np.float32))
    light = [name for name in FORMATS if name not in {"svg", *FORMATS_WITH_TENSORFLOW}]

    for names, expected in ((light, set()), ([*light, "svg"], {"textual"})):
        words = [
            word
            for name in names
            for word in (f"--{name.replace('_', '-')}", str(tmp_path / f"a{FORMATS[name].suffix}"))
        ]
        # Two tables would have one name.
        words = [word.replace("a.csv", f"{place}.csv") for place, word in enumerate(words)]
        modules = answer(
            fresh(LOADED_BY_MAIN, json.dumps(["export", str(run.path), "--force", *words]))
        )
        assert (tmp_path / "a.png").is_file()
        assert loaded(modules, "textual", *TENSORFLOW) == expected
