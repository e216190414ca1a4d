"""What `gan-tui train` plans from a command line."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gan.config import RunConfig
from gan.run.creation import create_run
from tests.tui.composing import (
    FakeTraining,
    make_run,
)
from tui import cli
from tui.cli import main
from tui.supervision import parent


class TestPlan:
    def test_a_new_run_is_what_was_asked_for(self, empty: Path, training: FakeTraining) -> None:
        words = ["--no-ui", "--epochs", "3", "--runs", "there"]

        main(words)

        (plan,) = training.plans
        assert plan.config == RunConfig.resolve({"epochs": 3})
        assert plan.runs == Path("there")
        assert plan.resume is None
        assert plan.command_line == ["gan-tui", *words]
        assert list(empty.iterdir()) == []

    def test_the_word_train_changes_only_the_recorded_command_line(
        self, training: FakeTraining
    ) -> None:
        words = ["--no-ui", "--epochs", "3"]
        main(words)
        main(["train", *words])

        without, with_word = training.plans
        assert with_word.command_line == ["gan-tui", "train", *words]
        assert replace(with_word, command_line=without.command_line) == without

    def test_a_resumed_run_keeps_what_it_is_and_takes_a_new_length(
        self, empty: Path, training: FakeTraining
    ) -> None:
        run = make_run(empty / "runs" / "00007-tutorial-mnist", preset="tutorial", seed=5, epochs=2)

        main(["--no-ui", "--resume", "--epochs", "4"])

        (plan,) = training.plans
        assert plan.config == RunConfig.resolve({"preset": "tutorial", "seed": 5, "epochs": 4})
        assert plan.resume == run

    @pytest.mark.parametrize("words", [["--resume", "7"], ["--resume", "00007-mlp-mnist"]])
    def test_a_run_is_found_by_number_or_name(
        self, words: list[str], empty: Path, training: FakeTraining
    ) -> None:
        run = make_run(empty / "runs" / "00007-mlp-mnist")
        make_run(empty / "runs" / "00008-mlp-mnist")

        main(["--no-ui", *words])

        assert training.plans[0].resume == run

    @pytest.mark.parametrize("has_config", [True, False])
    def test_a_run_may_be_taken_over_even_before_it_had_a_configuration(
        self, tmp_path: Path, training: FakeTraining, *, has_config: bool
    ) -> None:
        path = tmp_path / "mine"
        run = make_run(path) if has_config else create_run(path)

        main(["--no-ui", "--resume", "--run-dir", str(run.path), "--take-over"])
        main(["--no-ui", "--resume", "--run-dir", str(run.path)])

        assert [plan.take_over for plan in training.plans] == [True, False]

    def test_resume_with_a_run_dir_means_that_run(
        self, tmp_path: Path, training: FakeTraining
    ) -> None:
        run = make_run(tmp_path / "mine")

        main(["--no-ui", "--resume", "--run-dir", str(run.path)])

        assert training.plans[0].resume == run

    @pytest.mark.parametrize("wanted", ["7", "00007-mlp-mnist", "runs/00007-mlp-mnist"])
    def test_one_checkpoint_is_named_by_its_step(
        self, wanted: str, empty: Path, training: FakeTraining
    ) -> None:
        run = make_run(empty / "runs" / "00007-mlp-mnist")
        make_run(empty / "runs" / "00008-mlp-mnist")

        main(["--no-ui", "--resume", f"{wanted}@500"])

        assert training.plans[0].resume == run
        assert training.plans[0].resume_step == 500

    def test_a_step_alone_is_of_the_newest_run_or_of_the_one_named(
        self, empty: Path, training: FakeTraining
    ) -> None:
        make_run(empty / "runs" / "00007-mlp-mnist")
        newest = make_run(empty / "runs" / "00008-mlp-mnist")
        other = make_run(empty / "mine")

        main(["--no-ui", "--resume", "@500"])
        main(["--no-ui", "--resume", "@500", "--run-dir", "mine"])

        assert [(plan.resume, plan.resume_step) for plan in training.plans] == [
            (newest, 500),
            (other, 500),
        ]

    def test_without_a_step_it_is_the_newest_that_can_be_used(
        self, empty: Path, training: FakeTraining
    ) -> None:
        make_run(empty / "runs" / "00007-mlp-mnist")

        main(["--no-ui", "--resume"])

        assert training.plans[0].resume_step is None

    def test_what_is_no_step_is_part_of_the_name(self, empty: Path, training: FakeTraining) -> None:
        run = make_run(empty / "runs" / "mine@home")

        main(["--no-ui", "--resume", "mine@home"])
        main(["--no-ui", "--resume", "mine@home@7"])

        assert [(plan.resume, plan.resume_step) for plan in training.plans] == [
            (run, None),
            (run, 7),
        ]

    def test_an_empty_folder_will_do_as_run_dir(
        self, tmp_path: Path, training: FakeTraining
    ) -> None:
        assert main(["--no-ui", "--run-dir", str(tmp_path)]) == 0
        assert training.plans[0].run_dir == tmp_path

    def test_the_words_are_the_processs_own_where_none_are_given(
        self, training: FakeTraining, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """They run in a child process, for which this one stands in."""
        monkeypatch.setattr(sys, "argv", ["gan-tui", "--no-ui", "--seed", "3"])
        monkeypatch.setattr(parent, "supervise", lambda program, _: program(None))

        assert cli.main() == 0
        assert training.plans[0].config.seed == 3
