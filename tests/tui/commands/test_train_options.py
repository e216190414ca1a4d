"""The command line becomes data, or one line that says what is wrong with it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from gan.config import RunConfig
from gan.errors import UsageError
from gan.models.presets import LOSSES, PRESETS
from gan.options import either
from gan.run.config_file import SCHEMA_VERSION
from tui.commands.train_options import NEWEST, Arguments, parse

NOTHING = Arguments(
    fps=None,
    glyphs=None,
    theme=None,
    options={},
    no_ui=False,
    exit_when_done=False,
    on_hangup="continue",
    grace=25.0,
    json=False,
    run_dir=None,
    runs=Path("runs"),
    resume=None,
    take_over=False,
)

OPTIONS: dict[str, dict[str, Any]] = {
    "--data synthetic": {"data": "synthetic"},
    "--exact-size": {"exact_size": True},
    "--strict": {"strict": True},
    "--invert yes": {"invert": "yes"},
    "--preset tutorial": {"preset": "tutorial"},
    "--epochs 3": {"epochs": 3},
    "--steps 700": {"steps": 700},
    "--batch-size 64": {"batch_size": 64},
    "--latent-dim 32": {"latent_dim": 32},
    "--learning-rate 1e-3": {"learning_rate": 1e-3},
    "--beta-1 0": {"beta_1": 0.0},
    "--horizon 0": {"horizon": 0},
    "--loss relativistic": {"loss": "relativistic"},
    "--gradient-penalty 0.5": {"gradient_penalty": 0.5},
    "--max-shift 3": {"max_shift": 3},
    "--batch-statistics replica": {"batch_statistics": "replica"},
    "--shift-share 0.25": {"shift_share": 0.25},
    "--ema-half-life 9000": {"ema_half_life": 9000},
    "--seed 7": {"seed": 7},
    "--precision bfloat16": {"precision": "bfloat16"},
    "--sample-every 2ep": {"sample_every": "2ep"},
    "--checkpoint-every off": {"checkpoint_every": "off"},
    "--evaluate-every auto": {"evaluate_every": "auto"},
    "--keep 1": {"keep": 1},
    "--device gpu:1": {"device": "gpu:1"},
    "--device gpu:0,gpu:2": {"device": "gpu:0,gpu:2"},
    "--strategy mirrored": {"strategy": "mirrored"},
    "--gpu-memory 4GB": {"gpu_memory": "4GB"},
    "--threads 2": {"threads": 2},
}

BAD = {
    "--invert maybe": ("--invert", "'maybe'", "auto, yes or no"),
    "--preset vae": ("--preset", "'vae'", either(PRESETS)),
    "--horizon -1": ("--horizon", "-1", "a whole number from 0"),
    "--loss hinge": ("--loss", "'hinge'", either(LOSSES)),
    "--gradient-penalty -1": ("--gradient-penalty", "-1.0", "a number from 0 to 1000"),
    "--max-shift 9": ("--max-shift", "9", "a whole number from 0 to 8"),
    "--ema-half-life x": ("--ema-half-life", "'x'", "a whole number from 0"),
    "--epochs many": ("--epochs", "'many'", "a whole number from 1"),
    "--epochs 1.5": ("--epochs", "'1.5'", "a whole number from 1"),
    "--epochs 0": ("--epochs", "0", "a whole number from 1"),
    "--steps -1": ("--steps", "-1", "a whole number from 1"),
    "--batch-size 0": ("--batch-size", "0", "a whole number from 1 to 65536"),
    "--latent-dim x": ("--latent-dim", "'x'", "a whole number from 1 to 65536"),
    "--learning-rate fast": ("--learning-rate", "'fast'", "a number above 0"),
    "--learning-rate 0": ("--learning-rate", "0.0", "a number above 0"),
    "--learning-rate nan": ("--learning-rate", "nan", "a number above 0"),
    "--beta-1 1": ("--beta-1", "1.0", "below 1"),
    "--precision half": ("--precision", "'half'", "float32, tf32 or bfloat16"),
    "--seed -3": ("--seed", "-3", "a whole number from 0"),
    "--sample-every 3x": ("--sample-every", "'3x'", "2ep"),
    "--evaluate-every often": ("--evaluate-every", "'often'", "auto, 500 (steps)"),
    "--checkpoint-every 0s": ("--checkpoint-every", "'0s'", "off"),
    "--keep 0": ("--keep", "0", "a whole number from 1"),
    "--device tpu": (
        "--device",
        "'tpu'",
        "auto (see --strategy), cpu, gpu or gpu:N, or several, such as gpu:0,gpu:2 or cpu:0,cpu:1",
    ),
    "--device gpu:0,gpu:0": ("--device", "'gpu:0,gpu:0'", "or several"),
    "--device cuda:0,cuda:1": ("--device", "Did you mean gpu:0,gpu:1?"),
    "--strategy ddp": ("--strategy", "'ddp'", "Did you mean multiworker?"),
    "--worker -1": ("--worker", "-1", "a whole number from 0 to 1023"),
    "--start-timeout 5": ("--start-timeout", "'5'", "a time such as 30s, 5m or 2h"),
    "--start-timeout 0s": ("--start-timeout", "'0s'", "a time such as 30s, 5m or 2h"),
    "--rank 1": ("--rank", "Did you mean --worker?"),
    "--threads two": ("--threads", "'two'", "a whole number from 1"),
    "--epochs": ("--epochs", "expected one argument"),
    "--epoch 3": ("--epoch", "unrecognized", "gan-tui --help"),
    "--colour red": ("--colour", "unrecognized", "gan-tui --help"),
    "tarin": ("tarin", "unrecognized", "gan-tui --help"),
    "train": ("train", "unrecognized", "gan-tui --help"),
    "--lr 0.1": ("--lr", "Did you mean --learning-rate?"),
    "--batch_size 3": ("--batch_size", "Did you mean --batch-size?"),
    "--seeds 3": ("--seeds", "Did you mean --seed?"),
    "--output x": ("--output", "Did you mean --run-dir?"),
    "--headless": ("--headless", "Did you mean --no-ui?"),
    "evalute": ("evalute", "Did you mean evaluate?"),
    "--device cuda:0": ("--device", "'cuda:0'", "Did you mean gpu:0?"),
    f"--device gpu:{'9' * 5000}": ("--device", "'gpu:9999", "or gpu:N,"),
    "--device gpu:\u0663": ("--device", "'gpu:\u0663'", "or gpu:N,"),
    "--preset dcgna": ("--preset", "'dcgna'", "Did you mean dcgan?"),
    "--theme drak": ("--theme", "'drak'", "Did you mean "),
    "--glyphs Half": ("--glyphs", "'Half'", "Did you mean half?"),
    "--data https://x.org/a.npz": ("--data", "'https://x.org/a.npz', a URL", "Download it"),
    "--data file:///a.npz": ("--data", "a URL", "Give its path"),
    "--run-dir=~no-one/x": ("--run-dir", "'~no-one/x'", "there is no user no-one"),
    "--data=~no-one/x": ("--data", "'~no-one/x'", "there is no user no-one"),
    "--learning-rate -1e-4": ("--learning-rate", "-0.0001", "a number above 0"),
    "--learning-rate 1e400": ("--learning-rate", "inf", "a number above 0"),
    "--json": ("--json", "--no-ui"),
    "--on-hangup die": ("--on-hangup", "'die'", "continue or stop"),
    "--grace 0": ("--grace", "0", "seconds above 0"),
    "--grace -5": ("--grace", "-5", "seconds above 0"),
    "--grace nan": ("--grace", "nan", "seconds above 0"),
    "--grace inf": ("--grace", "inf", "up to 86400"),
    "--grace 86401": ("--grace", "86401", "up to 86400"),
    "--grace soon": ("--grace", "'soon'"),
}

TOML = """
preset = "tutorial"
batch-size = 128
latent_dim = 50
learning-rate = 0.001
sample-every = "500"
threads = 2
"""
FROM_TOML = {
    "preset": "tutorial",
    "batch_size": 128,
    "latent_dim": 50,
    "learning_rate": 0.001,
    "sample_every": "500",
    "threads": 2,
}


def refusal(*words: str) -> str:
    """The line that a command line is refused with, by whoever finds the fault."""
    with pytest.raises(UsageError) as refused:
        RunConfig.resolve(parse(words).options)
    return str(refused.value)


def written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def config_json(path: Path, version: int = SCHEMA_VERSION, **values: Any) -> str:
    """A run's config.json, as far as options go."""
    return written(path, json.dumps({"schema_version": version, "config": values}))


class TestOptions:
    def test_nothing_asked_for_is_nothing_given(self) -> None:
        assert parse([]) == NOTHING

    @pytest.mark.parametrize("words", OPTIONS)
    def test_each_option_gives_its_field_and_no_other(self, words: str) -> None:
        given = parse(words.split())

        assert given == dataclasses.replace(NOTHING, options=OPTIONS[words])
        assert RunConfig.resolve(given.options)

    def test_every_field_of_the_configuration_has_an_option(self) -> None:
        fields = {field.name for field in dataclasses.fields(RunConfig)}

        assert {name for given in OPTIONS.values() for name in given} == fields

    def test_a_value_may_follow_an_equals_sign(self) -> None:
        assert parse(["--epochs=3"]) == parse(["--epochs", "3"])

    def test_the_last_of_two_wins(self) -> None:
        assert parse(["--seed", "1", "--seed", "2"]).options == {"seed": 2}

    def test_json_goes_with_no_ui(self) -> None:
        given = parse(["--no-ui", "--json"])

        assert given == dataclasses.replace(NOTHING, no_ui=True, json=True)

    @pytest.mark.parametrize("what", ["continue", "stop"])
    def test_what_a_hangup_does_can_be_chosen(self, what: str) -> None:
        assert parse(["--on-hangup", what]) == dataclasses.replace(NOTHING, on_hangup=what)

    def test_a_grace_is_seconds(self) -> None:
        assert parse(["--grace", "2.5"]) == dataclasses.replace(NOTHING, grace=2.5)

    @pytest.mark.parametrize("words", BAD)
    def test_what_cannot_be_is_refused_in_one_line_that_says_why(self, words: str) -> None:
        line = refusal(*words.split())

        assert [said for said in BAD[words] if said not in line] == []
        assert "\n" not in line


class TestData:
    def test_a_path_is_made_absolute_so_that_a_run_resumes_from_anywhere(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)

        assert parse(["--data", "sub/../digits"]).options == {"data": str(tmp_path / "digits")}

    def test_a_home_is_found(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))

        assert parse(["--data=~/digits"]).options == {"data": str(tmp_path / "digits")}

    @pytest.mark.parametrize("name", ["auto", "mnist", "fashion_mnist", "synthetic"])
    def test_a_name_stays_a_name(self, name: str) -> None:
        assert parse(["--data", name]).options == {"data": name}

    def test_nothing_is_no_source(self) -> None:
        line = refusal("--data", "")

        assert line.startswith("--data: received '', expected auto, mnist, fashion_mnist, ")


class TestPaths:
    def test_every_path_expands_the_home_folder_alike(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "x").write_text("seed = 3")

        given = parse(["--run-dir=~/x", "--runs=~/x", "--config=~/x", "--data=~/x"])

        assert {given.run_dir, given.runs, given.config} == {tmp_path / "x"}
        assert given.options == {"seed": 3, "data": str(tmp_path / "x")}

    @pytest.mark.parametrize("option", ["--run-dir", "--runs", "--config", "--data", "--resume"])
    def test_no_path_is_empty(self, option: str) -> None:
        assert f"{option}: received '', expected " in refusal(option, "")
        assert f"{option}: received '', expected " in refusal(f"{option}=")


class TestResume:
    def test_a_new_run_is_the_default(self) -> None:
        assert parse([]).resume is None

    def test_alone_it_means_the_newest_run(self) -> None:
        assert parse(["--resume"]).resume == NEWEST
        assert parse(["--resume", "--epochs", "3"]).resume == NEWEST

    @pytest.mark.parametrize(
        "run", ["7", "00007-mlp-mnist", "/data/runs/00007-mlp-mnist", "7@500", "@500"]
    )
    def test_it_takes_a_number_a_name_or_a_path(self, run: str) -> None:
        assert parse(["--resume", run]).resume == run

    def test_it_goes_with_a_directory_or_a_folder_of_runs(self) -> None:
        given = parse(["--resume", "--run-dir", "here", "--runs", "there"])

        assert given == dataclasses.replace(
            NOTHING, resume=NEWEST, run_dir=Path("here"), runs=Path("there")
        )

    def test_a_run_may_be_taken_over_from_another_machine(self) -> None:
        assert parse(["--resume", "7", "--take-over"]).take_over
        assert not parse(["--resume", "7"]).take_over

    def test_a_new_run_is_taken_from_nobody(self) -> None:
        with pytest.raises(UsageError, match=r"--take-over works only with --resume\. Add"):
            parse(["--take-over"])


class TestConfigFile:
    def test_toml_holds_the_options_by_either_spelling(self, tmp_path: Path) -> None:
        file = written(tmp_path / "run.toml", TOML)

        assert parse(["--config", file]).options == FROM_TOML

    def test_a_runs_own_configuration_is_read_back(self, tmp_path: Path) -> None:
        config = RunConfig.resolve({"data": "synthetic", "preset": "tutorial", "steps": 9})
        file = config_json(tmp_path / "config.json", **config.to_json())

        assert RunConfig.resolve(parse(["--config", file]).options) == config

    def test_an_option_wins_over_the_file(self, tmp_path: Path) -> None:
        file = written(tmp_path / "run.toml", TOML)

        given = parse(["--config", file, "--batch-size", "64", "--seed", "1"])

        assert given.options == {**FROM_TOML, "batch_size": 64, "seed": 1}

    @pytest.mark.parametrize(
        ("length", "words", "total"),
        [
            ({"epochs": 2, "steps": None}, ["--steps", "900"], 900),
            ({"epochs": None, "steps": 50}, ["--epochs", "3"], 300),
            ({"epochs": 2, "steps": 50}, ["--epochs", "3"], 300),
        ],
        ids=["steps over epochs", "epochs over steps", "epochs over both"],
    )
    def test_a_length_given_as_an_option_is_the_length(
        self, tmp_path: Path, length: dict[str, int | None], words: list[str], total: int
    ) -> None:
        """Epochs in a file, as every config.json has them, do not end a run of more steps."""
        file = config_json(tmp_path / "config.json", **length)

        config = RunConfig.resolve(parse(["--config", file, *words]).options)

        assert config.total_steps(steps_per_epoch=100) == total

    def test_another_preset_brings_its_own_recipe(self, tmp_path: Path) -> None:
        """A config.json of mlp holds the whole recipe of mlp."""
        values = RunConfig.resolve({"preset": "mlp", "seed": 3}).to_json()
        file = config_json(tmp_path / "config.json", **values)

        config = RunConfig.resolve(parse(["--config", file, "--preset", "tutorial"]).options)

        assert config == RunConfig.resolve({"preset": "tutorial", "seed": 3})

    def test_an_option_is_kept_with_another_preset(self, tmp_path: Path) -> None:
        file = config_json(tmp_path / "config.json", preset="mlp", batch_size=32, max_shift=3)

        words = ["--config", file, "--preset", "dcgan", "--max-shift", "1"]
        config = RunConfig.resolve(parse(words).options)

        assert config == RunConfig.resolve({"preset": "dcgan", "max_shift": 1})

    def test_a_file_without_a_preset_is_for_any(self, tmp_path: Path) -> None:
        file = tmp_path / "mine.toml"
        file.write_text("batch-size = 128\n", encoding="utf-8")

        options = parse(["--config", str(file), "--preset", "dcgan"]).options

        assert RunConfig.resolve(options).batch_size == 128

    def test_the_same_preset_keeps_the_recipe_of_the_file(self, tmp_path: Path) -> None:
        file = config_json(tmp_path / "config.json", preset="mlp", batch_size=32, max_shift=3)

        config = RunConfig.resolve(parse(["--config", file, "--preset", "mlp"]).options)

        assert (config.batch_size, config.max_shift) == (32, 3)

    @pytest.mark.parametrize(("version", "preset"), [(1, "mlp-dropout"), (2, "mlp")])
    def test_a_runs_preset_is_the_one_that_its_name_meant_then(
        self, tmp_path: Path, version: int, preset: str
    ) -> None:
        file = config_json(tmp_path / "config.json", version, preset="mlp", batch_size=256)

        config = RunConfig.resolve(parse(["--config", file]).options)

        assert config == RunConfig.resolve({"preset": preset, "batch_size": 256})

    def test_the_same_preset_by_its_former_name_keeps_the_optimizer_of_the_file(
        self, tmp_path: Path
    ) -> None:
        file = written(
            tmp_path / "config.json",
            json.dumps({"config": {"preset": "seed", "learning_rate": 0.003, "beta_1": 0.25}}),
        )

        config = RunConfig.resolve(parse(["--config", file, "--preset", "tutorial"]).options)

        assert (config.preset, config.learning_rate, config.beta_1) == ("tutorial", 0.003, 0.25)

    def test_a_relative_path_to_data_is_made_absolute(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        file = written(tmp_path / "run.toml", 'data = "digits"')

        assert parse(["--config", file]).options == {"data": str(tmp_path / "digits")}

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("colour = 3", ("run.toml", "colour", "expected only ", "batch_size")),
            ("[training]\nepochs = 3", ("run.toml", "training", "expected only ", "epochs")),
            ("epochs = true", ("--epochs", "True", "a whole number")),
            ('epochs = "3"', ("--epochs", "'3'", "a whole number")),
            ("sample_every = 500", ("--sample-every", "500", "500 (steps), 2ep")),
            ("data = [1]", ("--data", "[1]", "the path of")),
            ("seed = 2024-01-01", ("--seed", "2024", "a whole number")),
        ],
        ids=["unknown", "table", "bool", "text", "number", "array", "date"],
    )
    def test_what_the_file_asks_for_is_held_to_the_same_rules(
        self, tmp_path: Path, text: str, said: tuple[str, ...]
    ) -> None:
        line = refusal("--config", written(tmp_path / "run.toml", text))

        assert [part for part in said if part not in line] == []
        assert "\n" not in line

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("run.toml", "epochs = "),
            ("run.toml", "epochs = 3\nepochs = 4"),
            ("run.toml", "a = " + "[" * 100_000),
            ("config.json", "{"),
            ("config.json", "[]"),
            ("config.json", '{"epochs": 3}'),
            ("config.json", '{"config": []}'),
            ("config.json", "[" * 100_000),
        ],
        ids=["cut", "twice", "deep", "cut", "array", "no config", "no object", "deep"],
    )
    def test_a_file_that_cannot_be_read_is_named(
        self, tmp_path: Path, name: str, text: str
    ) -> None:
        file = written(tmp_path / name, text)

        line = refusal("--config", file)

        assert line.startswith(f"--config {file}: ")
        assert line.endswith("Expected TOML, or a run's config.json.")
        assert "\n" not in line

    def test_bytes_that_are_no_text_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "run.toml").write_bytes(b"\xff\xfe\x00")

        assert "Expected TOML" in refusal("--config", str(tmp_path / "run.toml"))

    @pytest.mark.parametrize("name", ["missing.toml", "."])
    def test_a_file_that_is_not_there_is_named(self, tmp_path: Path, name: str) -> None:
        file = str(tmp_path / name)

        assert refusal("--config", file).startswith(f"--config {tmp_path / name}: ")


class TestScreen:
    def test_the_dashboards_options_are_taken(self) -> None:
        made = parse(["--fps", "4", "--glyphs", "octant", "--theme", "light"])

        assert (made.fps, made.glyphs, made.theme) == (4.0, "octant", "light")
        assert made.options == {}

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--fps", "0"], "--fps: received 0.0, expected"),
            (["--fps", "61"], "--fps: received 61.0, expected"),
            (["--fps", "nan"], "--fps: received nan, expected"),
            (["--glyphs", "braille"], "--glyphs: received 'braille', expected auto, half"),
            (["--theme", "pink"], "--theme: received 'pink', expected auto, dark, light"),
        ],
        ids=" ".join,
    )
    def test_what_cannot_be_is_refused_by_name(self, words: list[str], said: str) -> None:
        with pytest.raises(UsageError, match="received") as raised:
            parse(words)

        assert said in str(raised.value)


@pytest.mark.parametrize(
    ("words", "named"),
    [("--no-ui", "--no-ui"), ("--steps 9", "--steps"), ("--resume", "--resume")],
)
def test_a_recording_takes_only_what_changes_how_it_looks(words: str, named: str) -> None:
    with pytest.raises(UsageError, match=f"--demo plays a recorded run .* {named} has no effect"):
        parse(["--demo", *words.split()])

    assert parse(["--demo", "--theme", "light", "--glyphs", "half", "--fps", "5"]).demo
