"""`gan-tui sample`: what is drawn and written where, and what is refused before it begins."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from gan.config import RunConfig
from gan.run.checkpoints.store import CheckpointStore
from gan.run.config_file import write_config
from gan.run.creation import create_numbered_run
from gan.session.sampling import CheckpointSampler
from tests.gan.run.states import point, state
from tui.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gan.events import Floats, Images
    from gan.run.directory import RunDirectory

DIM = 3
"""Length of a latent vector."""


def generate(latents: Floats) -> Images:
    """As bright as the number of the latents."""
    greys = (latents[:, 0] % 256).astype(np.uint8)
    return np.broadcast_to(greys[:, None, None], (len(latents), 28, 28))


def blocks() -> Iterator[Floats]:
    """Latents that count up from 0."""
    for begin in range(0, 10**9, 500):
        yield np.arange(begin, begin + 500, dtype=np.float32)[:, None].repeat(DIM, axis=1)


@pytest.fixture
def run(empty: Path) -> RunDirectory:
    """A run with checkpoints at steps 5 and 10."""
    run = create_numbered_run(empty / "runs", "mlp-mnist")
    config = RunConfig.resolve({"latent_dim": DIM})
    write_config(run, config, environment={}, command_line=[])
    store = CheckpointStore(run, keep=3)
    for step in (5, 10):
        store.save(state(step), point(step))
    return run


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is drawn from, and how."""
    found: dict[str, Any] = {}

    @contextmanager
    def stand_in(config: Any, checkpoint: Any, **given: Any) -> Iterator[CheckpointSampler]:
        found.update(given, config=config, step=checkpoint.step)
        yield CheckpointSampler(generate, blocks, given["accepts"])

    monkeypatch.setattr("gan.session.sampling.opened_sampler", stand_in)
    return found


pytestmark = pytest.mark.usefixtures("run")


def sampled(*words: str) -> int:
    return main(["sample", *words])


def test_sixteen_images_are_a_picture_named_after_the_run(
    asked: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    assert sampled() == 0
    out, err = capfd.readouterr()
    assert out == f"{Path.cwd()}/00001-mlp-mnist-000010.png\n"
    assert err.splitlines()[0] == "drawing: 16 images"
    assert "sample: 16 images of 00001-mlp-mnist at step 10 in " in err
    assert asked["step"] == 10
    with Image.open(out.strip()) as picture:
        assert picture.size == (448, 448)


@pytest.mark.parametrize("name", ["many.npy", "many.npz"])
def test_any_number_is_written_as_an_array(asked: dict[str, Any], name: str) -> None:
    assert sampled("1@5", "-n", "1203", "--out", name) == 0
    assert asked["step"] == 5
    found = np.load(name)
    images = found["images"] if name.endswith("z") else found
    assert images.shape == (1203, 28, 28)
    np.testing.assert_array_equal(images[:, 0, 0], np.arange(1203) % 256)


@pytest.mark.usefixtures("asked")
def test_a_folder_gets_a_picture_of_each() -> None:
    assert sampled("-n", "3", "--out", "digits/") == 0
    assert sorted(one.name for one in Path("digits").iterdir()) == [
        "000000.png",
        "000001.png",
        "000002.png",
    ]


@pytest.mark.usefixtures("asked")
def test_a_grid_says_how_many_there_are() -> None:
    assert sampled("--grid", "10x2", "--out", "a.png") == 0
    with Image.open("a.png") as picture:
        assert picture.size == (1120, 224)
        assert picture.getpixel((1119, 223)) == 19


@pytest.mark.usefixtures("asked")
def test_a_film_goes_through_the_stops(capfd: pytest.CaptureFixture[str]) -> None:
    assert sampled("--interpolate", "2", "--grid", "2x1") == 0
    out, err = capfd.readouterr()
    assert out == f"{Path.cwd()}/00001-mlp-mnist-000010.gif\n"
    assert err.startswith("drawing: 48 frames")
    with Image.open(out.strip()) as film:
        assert film.size == (112, 56)


def test_what_was_asked_for_is_passed_on(asked: dict[str, Any]) -> None:
    assert sampled("--seed", "3", "--device", "cpu", "--out", "a.npy") == 0
    assert (asked["seed"], asked["device"], asked["raw"]) == (3, "cpu", False)
    assert (asked["latents"], asked["accepts"]) == (None, None)


def test_a_digit_is_recognised(asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def stand_in(run: Any, config: Any, label: int, report: Any) -> Any:
        del run, config, report
        return lambda images: images[:, 0, 0] % 10 == label

    monkeypatch.setattr("gan.session.run_classifier.recogniser", stand_in)
    assert sampled("--digit", "7", "-n", "4", "--out", "a.npy") == 0
    assert asked["accepts"] is not None
    assert np.load("a.npy")[:, 0, 0].tolist() == [7, 17, 27, 37]


def test_latents_from_a_file_are_all_drawn(asked: dict[str, Any]) -> None:
    np.save("z.npy", np.zeros((5, DIM), np.float32))
    assert sampled("--latents", "z.npy", "--out", "a.npy") == 0
    assert asked["latents"].shape == (5, DIM)
    assert np.load("a.npy").shape == (5, 28, 28)


def test_without_a_number_all_latents_that_give_the_digit_are_drawn(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def recognising(run: Any, config: Any, label: int, report: Any) -> Any:
        del run, config, report
        return lambda images: images[:, 0, 0] == label

    @contextmanager
    def stand_in(*_: Any, **given: Any) -> Iterator[CheckpointSampler]:
        yield CheckpointSampler(generate, lambda: [given["latents"]], given["accepts"])

    monkeypatch.setattr("gan.session.run_classifier.recogniser", recognising)
    monkeypatch.setattr("gan.session.sampling.opened_sampler", stand_in)
    np.save("z.npy", np.repeat(np.float32([[7], [8], [7], [1], [7]]), DIM, axis=1))

    assert sampled("--latents", "z.npy", "--digit", "7", "--out", "a.npy") == 0
    assert np.load("a.npy")[:, 0, 0].tolist() == [7, 7, 7]
    assert "sample: 3 images of " in capfd.readouterr().err

    assert sampled("--latents", "z.npy", "--digit", "8", "--out", "b.npy") == 0
    assert "sample: 1 image of " in capfd.readouterr().err

    assert sampled("--latents", "z.npy", "--digit", "3", "--out", "c.npy") == 2
    assert "none of the 5 latents gives such an image" in capfd.readouterr().err


@pytest.mark.usefixtures("asked")
def test_the_present_folder_can_be_filled(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty / "out").mkdir()
    monkeypatch.chdir(empty / "out")
    assert sampled("1", "--runs", "../runs", "-n", "2", "--out", ".") == 0
    assert sorted(one.name for one in (empty / "out").iterdir()) == ["000000.png", "000001.png"]


def test_a_damaged_checkpoint_is_named_and_the_one_before_it_is_drawn_from(
    run: RunDirectory, asked: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    (run.checkpoints_path / "step-00000010" / "state.npz").write_bytes(b"nothing")
    assert sampled("--out", "a.npy") == 0
    assert asked["step"] == 5
    assert "sample: the checkpoint of step 10 can't be used: " in capfd.readouterr().err


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.png", "a/"])
def test_a_signal_leaves_nothing_half_written(
    empty: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    def stopped() -> Iterator[Floats]:
        yield next(blocks())
        signal.raise_signal(signal.SIGTERM)

    @contextmanager
    def stand_in(*_: Any, **__: Any) -> Iterator[CheckpointSampler]:
        yield CheckpointSampler(generate, stopped, None)

    monkeypatch.setattr("gan.session.sampling.opened_sampler", stand_in)
    before = sorted(empty.iterdir())
    assert sampled("-n", "900", "--out", name) == 128 + signal.SIGTERM
    assert capfd.readouterr().err.splitlines()[-1] == "gan-tui sample: stopped by SIGTERM"
    assert sorted(empty.iterdir()) == before


def test_a_run_without_an_average_says_so_if_the_raw_generator_is_asked_for(
    empty: Path, capfd: pytest.CaptureFixture[str], asked: dict[str, Any]
) -> None:
    run = create_numbered_run(empty / "runs", "tutorial-mnist")
    config = RunConfig.resolve({"preset": "tutorial", "latent_dim": DIM})
    write_config(run, config, environment={}, command_line=[])
    CheckpointStore(run, keep=3).save(state(5), point(5))
    assert sampled("2", "--raw") == 0
    assert "without an average: --raw changes nothing" in capfd.readouterr().err
    assert asked["raw"]


@pytest.mark.usefixtures("asked")
def test_a_file_is_replaced_only_by_force(capfd: pytest.CaptureFixture[str]) -> None:
    Path("a.npy").write_bytes(b"old")
    assert sampled("--out", "a.npy") == 2
    assert "a.npy exists. Replace it with --force" in capfd.readouterr().err
    assert Path("a.npy").read_bytes() == b"old"
    assert sampled("--out", "a.npy", "--force") == 0
    assert len(np.load("a.npy")) == 16


def test_nothing_is_left_of_a_file_whose_images_fail(
    empty: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def failing(*_: Any, **__: Any) -> Iterator[CheckpointSampler]:
        yield CheckpointSampler(generate, lambda: [np.zeros((4, DIM), np.float32)], None)

    monkeypatch.setattr("gan.session.sampling.opened_sampler", failing)
    before = sorted(empty.iterdir())
    for name in ("a.npy", "a.npz", "a.png", "a/"):
        assert sampled("-n", "9", "--out", name) == 2
    assert "the latents give 4 images, expected 9. Ask for -n 4." in capfd.readouterr().err
    assert sorted(empty.iterdir()) == before


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (["-n", "0"], 2, "--images: received 0, expected a whole number"),
        (["--grid", "0x4"], 2, "--grid: received '0x4', expected columns x rows, such as 10x10"),
        (["--grid", "4x4", "-n", "17"], 2, "--grid 4x4: it has room for 16 images, received -n 17"),
        (["--grid", "4x4", "--out", "a.npy"], 2, "--grid: received it for a.npy"),
        (["--out", "a.jpg"], 2, "--out: received 'a.jpg', expected a name that ends in"),
        (["--out", "a.gif"], 2, "a .gif is a film, which --interpolate asks for"),
        (["--interpolate", "3", "--out", "a.png"], 2, "a .gif is a film"),
        (["--interpolate", "1"], 2, "--interpolate: received 1"),
        (["--interpolate", "1000", "--grid", "40x40"], 2, "is too large. Give fewer stops"),
        (["-n", "10001"], 2, "-n 10,001: a picture or a film has room for at most 10,000 images"),
        (["--grid", "101x100"], 2, "--grid 101x100: a picture or a film has room for at most"),
        (["--out", "-"], 2, "--out: received '-', expected a name"),
        (["--out", "/dev/null"], 2, "/dev/null is a device, expected a folder"),
        (
            ["--device", "gpu:0,gpu:1"],
            2,
            "--device: received 'gpu:0,gpu:1', expected auto (the GPU",
        ),
        (["--seed", "1", "--latents", "z.npy"], 2, "received both, expected one of them"),
        (["--latents", "none.npy"], 2, "--latents none.npy: there is no such file"),
        (["--latents", "z.npy", "-n", "6"], 2, "received 5 latents, expected at least 6"),
        (["--latents", "z.npy", "--interpolate", "6"], 2, "expected at least 6"),
        (["--latents", "other.npy"], 2, "received 5 x 4, expected n x 3 floats"),
        (["1@5", "--best"], 2, "received two checkpoints, expected one"),
        (["--best"], 4, "has not been evaluated"),
        (["1@7"], 4, "Steps with a checkpoint: 5, 10"),
        (["17"], 4, "no run '17'"),
        (["--out", "none/a.npy"], 2, "/none. Make it first"),
        (["--device", "tpu"], 2, "--device: received 'tpu'"),
    ],
)
@pytest.mark.usefixtures("asked")
def test_what_it_cannot_do_is_an_error_in_one_line(
    words: list[str], code: int, complaint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    np.save("z.npy", np.zeros((5, DIM), np.float32))
    np.save("other.npy", np.zeros((5, 4), np.float32))
    assert sampled(*words) == code
    read = capfd.readouterr()
    assert complaint in read.err
    assert read.out == ""
    assert len([line for line in read.err.splitlines() if line.startswith("gan-tui: ")]) == 1
