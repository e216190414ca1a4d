"""What completes the command line, tried in the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from gan.config import RunConfig
from gan.options import option_name, options_of
from tests.tui.composing import program
from tui.choices import SHELLS, THEME_CHOICES
from tui.commands import SUBCOMMANDS, train_options
from tui.commands.completion import completion

if TYPE_CHECKING:
    from pathlib import Path

BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
function=$(complete -p gan-tui | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
$function
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "gan-tui.bash"
    path.write_text(completion("bash"))
    return path


def in_bash(script: Path, *words: str) -> list[str]:
    """What bash offers for the last of these words."""
    done = subprocess.run(
        ["bash", "-c", BASH, "bash", str(script), *words],
        cwd=script.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["gan-tui", "--preset", "dc"], ["dcgan"]),
        (["gan-tui", "--theme", ""], list(THEME_CHOICES)),
        (["gan-tui", "att"], ["attach"]),
        (["gan-tui", "attach", "--read"], ["--read-only"]),
        (["gan-tui", "train", "--batch-"], ["--batch-size", "--batch-statistics"]),
        (["gan-tui", "--config", "gan-"], ["gan-tui.bash"]),
        (["gan-tui", "--data", "gan-"], ["gan-tui.bash"]),
        (["gan-tui", "watch", "gan-"], ["gan-tui.bash"]),
    ],
    ids=" ".join,
)
def test_bash_offers(script: Path, words: list[str], offered: list[str]) -> None:
    assert in_bash(script, *words) == offered


@pytest.mark.parametrize("command", SUBCOMMANDS)
def test_every_option_of_every_subcommand_is_offered(script: Path, command: str) -> None:
    options = import_module(f"tui.commands.{command}").OPTIONS if command != "train" else {
        **options_of(train_options.Arguments), **options_of(RunConfig),
    }  # fmt: skip
    named = {option_name(field) for field, one in options.items() if not one.is_positional}

    assert named <= set(in_bash(script, "gan-tui", command, "--"))


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_can_read_its_script(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "script").write_text(completion(shell))

    subprocess.run([shell, "-n", str(tmp_path / "script")], check=True)


def test_it_is_printed_and_nothing_else() -> None:
    done = program("--print-completion", "zsh")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("#compdef gan-tui")


def test_another_shell_is_refused_by_name() -> None:
    done = program("--print-completion", "tcsh")

    assert done.returncode == 2
    assert "--print-completion: received 'tcsh', expected bash, zsh or fish" in done.stderr
