"""What a run ran on, read without importing any of it."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version

import pytest

from gan.errors import GanTuiError
from gan.machine.wheel import WheelFacts
from gan.session import environment as module
from gan.session.environment import (
    environment,
    prepare_xla,
    require_tensorflow,
    tensorflow_imports,
)

FLAG = "--xla_cpu_copy_insertion_use_region_analysis"
LOOP = """
import tensorflow as tf
weights = tf.Variable(tf.random.stateless_uniform((64, 64), [1, 2]) / 64)
def body(index):
    weights.assign_add(0.01 * weights @ weights)
    return (index + 1,)
def run():
    tf.while_loop(lambda index: index < 20, body, (tf.constant(0),))
tf.function(run, jit_compile=True, autograph=False)()
print(weights.numpy().tobytes().hex()[:4000])
"""


def test_it_names_the_versions_that_decide_the_numbers() -> None:
    found = environment()
    assert found["python"] == platform.python_version()
    assert found["tensorflow"] == version("tensorflow")
    assert found["numpy"] == version("numpy")


def test_it_is_made_of_json_values() -> None:
    assert json.loads(json.dumps(environment())) == environment()


def test_a_package_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PACKAGES", ("no-such-package-is-installed",))
    assert environment()["no-such-package-is-installed"] is None


def test_the_setting_that_changes_rounding_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert environment()["TF_ENABLE_ONEDNN_OPTS"] == "0"


def test_it_has_the_settings_that_may_change_bits_and_not_our_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in environment()["settings"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XLA_FLAGS", "")
    prepare_xla()
    assert environment()["settings"] == {}

    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    monkeypatch.setenv("TF_DETERMINISTIC_OPS", "1")
    prepare_xla()
    assert environment()["settings"] == {
        "TF_DETERMINISTIC_OPS": "1",
        "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
    }


def test_nothing_heavy_is_imported_for_it() -> None:
    code = (
        "import sys; from gan.session.environment import environment; environment(); "
        "sys.exit(sorted({'tensorflow', 'keras', 'textual', 'numpy'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


class TestTensorFlowThatIsNotInstalled:
    def test_it_is_named_with_what_can_be_done_without_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "tensorflow", None)

        with pytest.raises(GanTuiError, match=r"^tensorflow is not installed: .* but not train"):
            require_tensorflow()

    def test_nothing_is_imported_to_find_out(self) -> None:
        code = "from gan.session.environment import require_tensorflow; require_tensorflow()"
        code += "; import sys; assert not {'tensorflow', 'keras'} & set(sys.modules)"

        subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


class TestTensorFlowThatIsTooOld:
    def test_it_is_refused_before_it_is_imported(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "wheel_facts", lambda: WheelFacts(version="2.17.1"))

        with (
            pytest.raises(GanTuiError, match=r"^TensorFlow 2\.17\.1 is installed, and .* 2\.21:"),
            tensorflow_imports(),
        ):
            pytest.fail("it would be imported here")

    @pytest.mark.parametrize("version", ["2.21.0", "2.30.0", "3.0", "of unknown version", ""])
    def test_any_other_is_tried(self, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "wheel_facts", lambda: WheelFacts(version=version))

        with tensorflow_imports() as unused:
            assert isinstance(unused, list)


class TestXla:
    @pytest.mark.parametrize(
        ("given", "then"),
        [
            (None, f"{FLAG}=true"),
            ("--xla_dump_to=/tmp/x", f"--xla_dump_to=/tmp/x {FLAG}=true"),
            (f"{FLAG}=false", f"{FLAG}=false"),
            ("/etc/xla flags.txt", "/etc/xla flags.txt"),
        ],
        ids=["nothing", "others", "a-choice", "a-file-of-flags"],
    )
    def test_it_copies_less_unless_somebody_has_decided(
        self, given: str | None, then: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XLA_FLAGS", given or "")
        prepare_xla()

        assert os.environ["XLA_FLAGS"] == then

    @pytest.mark.parametrize("version", ["2.17.1", "2.22.0-dev20260101", "", "of unknown version"])
    def test_one_that_may_not_know_the_flag_is_not_given_it(
        self, version: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """NVIDIA's container has 2.17, which ends a process with the flag."""
        monkeypatch.setattr(module, "wheel_facts", lambda: WheelFacts(version=version))
        monkeypatch.setenv("XLA_FLAGS", "")
        prepare_xla()

        assert os.environ["XLA_FLAGS"] == ""

    @pytest.mark.slow
    def test_the_tensorflow_that_is_pinned_knows_the_flag_and_gives_the_same_bits(self) -> None:
        """XLA ends a process whose flags it does not know."""
        before, after = (
            multiplied({"XLA_FLAGS": f"{FLAG}={choice}"}) for choice in ("false", "true")
        )

        assert before == after != ""


def multiplied(flags: dict[str, str]) -> str:
    """What a loop that updates a matrix in place comes to, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", LOOP],
        env={**os.environ, **flags},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
