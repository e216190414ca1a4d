"""Settings of other programs: which are replaced, which are recorded, and which are refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gan.errors import UsageError
from gan.session import foreign_settings as module
from gan.session.foreign_settings import (
    numeric_settings,
    own_settings,
    refuse_unusable_settings,
)

REPLACED = {
    "KERAS_BACKEND": "torch",
    "KERAS_MAX_EPOCHS": "many",
    "KERAS_MAX_STEPS_PER_EPOCH": "1",
    "KERAS_NNX_ENABLED": "true",
    "NVIDIA_TF32_OVERRIDE": "1",
    "TF_ENABLE_CONTROL_FLOW_V2": "0",
    "TF_FUNCTION_JIT_COMPILE_DEFAULT": "true",
    "TF_JIT_COMPILE_REWRITE": "1",
    "TF_USE_LEGACY_KERAS": "1",
    "TF_XLA_FLAGS": "--no_such_flag",
}
OWN_FLAG = "--own=true"
FATAL = """WARNING: all log messages
F0000 00:00:1795884519.2   25180 parse_flags_from_env.cc:234] Unknown flag in XLA_FLAGS: --bogus
    @     0x7f7e0c246236  tensorflow::TFE_Py_ExecuteCancelable_wrapper()
"""


@pytest.fixture
def foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them at once."""
    for name, value in REPLACED.items():
        monkeypatch.setenv(name, value)


class TestReplaced:
    @pytest.mark.usefixtures("foreign")
    def test_the_imports_see_ours(self) -> None:
        with own_settings():
            assert os.environ["KERAS_BACKEND"] == "tensorflow"
            left = set(REPLACED) & set(os.environ)
        assert left == {"KERAS_BACKEND"}

    @pytest.mark.usefixtures("foreign")
    def test_what_was_found_is_named(self) -> None:
        with own_settings() as unused:
            assert sorted(unused) == [f"{name}={value}" for name, value in REPLACED.items()]

    def test_what_is_as_it_should_be_is_not_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in REPLACED:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
        monkeypatch.setenv("KERAS_HOME", "/somewhere")
        monkeypatch.setenv("TF_XLA_FLAGS", "")
        with own_settings() as unused:
            assert unused == []

    @pytest.mark.usefixtures("foreign")
    def test_what_python_reads_is_restored_also_after_an_error(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KERAS_HOME", "/somewhere")
        before = dict(os.environ)
        with pytest.raises(ImportError), own_settings():
            raise ImportError
        native = {"NVIDIA_TF32_OVERRIDE", "TF_XLA_FLAGS"}
        assert set(before.items()) - set(os.environ.items()) == {
            (name, value) for name, value in before.items() if name in native
        }

    def test_nothing_can_exist_in_the_folder_that_keras_gets(self) -> None:
        with own_settings():
            home = os.environ["KERAS_HOME"]
        with pytest.raises(NotADirectoryError):
            Path(home).mkdir(parents=True)
        assert not os.path.lexists(f"{home}/keras.json")


class TestRecorded:
    def test_it_is_what_numeric_libraries_read(self) -> None:
        environ = {
            "TF_DETERMINISTIC_OPS": "1",
            "OMP_NUM_THREADS": "4",
            "OPENBLAS_CORETYPE": "Haswell",
            "PATH": "/bin",
            # Terraform's.
            "TF_TOKEN_app_example_org": "secret",
            "TF_VAR_password": "secret",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "TF_FORCE_GPU_ALLOW_GROWTH": "true",
            # It has had an entry of its own from the start.
            "TF_ENABLE_ONEDNN_OPTS": "0",
            "MKL_CBWR": "",
            **REPLACED,
        }
        assert numeric_settings(environ, OWN_FLAG) == {
            "OMP_NUM_THREADS": "4",
            "OPENBLAS_CORETYPE": "Haswell",
            "TF_DETERMINISTIC_OPS": "1",
        }

    @pytest.mark.parametrize(
        ("given", "recorded"),
        [
            (OWN_FLAG, None),
            (f"--theirs=1 {OWN_FLAG}", "--theirs=1"),
            ("--theirs=1", "--theirs=1"),
            ("--own=false", "--own=false"),
        ],
    )
    def test_our_own_flag_is_left_out(self, given: str, recorded: str | None) -> None:
        assert numeric_settings({"XLA_FLAGS": given}, OWN_FLAG).get("XLA_FLAGS") == recorded

    def test_a_long_value_is_short_and_differs_from_another(self) -> None:
        one, other = (
            numeric_settings({"XLA_FLAGS": "--x" * 50_000 + end}, "")["XLA_FLAGS"] for end in "ab"
        )
        assert one != other
        assert len(one) < 250

    def test_bytes_that_are_no_text_become_text(self) -> None:
        undecodable = os.fsdecode(b"a\xff")
        assert numeric_settings({"OMP_X": undecodable}, "") == {"OMP_X": r"a\xff"}


class TestRefused:
    def probed_with(self, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Try with this program, which ends well in an environment without such settings."""
        names = ("XLA_FLAGS", "TF_DETERMINISTIC", "TF_ENABLE_ONEDNN", "TF_MKL", "TF_NUM")
        only = f"import os, sys\nany(n.startswith({names}) for n in os.environ) or sys.exit()\n"
        monkeypatch.setattr(module, "_PROBE", only + code)

    @pytest.mark.parametrize(
        ("stderr", "reason"),
        [
            (FATAL, "Unknown flag in XLA_FLAGS: --bogus"),
            ("Traceback\nNotFoundError: XLA_FLAGS\n\n", "NotFoundError: XLA_FLAGS"),
        ],
    )
    def test_what_tensorflow_does_not_start_with_is_named_with_its_reason(
        self, stderr: str, reason: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.probed_with(
            f"import os, sys; sys.stderr.write({stderr!r}); sys.stderr.flush(); os.abort()",
            monkeypatch,
        )
        environ = {**os.environ, "XLA_FLAGS": "--bogus", "TF_DETERMINISTIC_OPS": "maybe"}
        with pytest.raises(UsageError) as raised:
            refuse_unusable_settings(environ)
        assert str(raised.value) == (
            f"TensorFlow doesn't start with XLA_FLAGS=--bogus: {reason}. Correct or unset "
            "XLA_FLAGS."
        )

    def test_without_a_name_in_the_reason_all_are_named(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.probed_with("raise SystemExit(3)", monkeypatch)
        environ = {"XLA_FLAGS": "--a", "TF_DETERMINISTIC_OPS": "maybe"}
        with pytest.raises(UsageError, match=r"unset TF_DETERMINISTIC_OPS, XLA_FLAGS\.$"):
            refuse_unusable_settings(environ)

    def test_settings_are_not_refused_if_it_does_not_start_without_them_either(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_PROBE", "raise SystemExit('no memory')")
        refuse_unusable_settings({"XLA_FLAGS": "--fine"})

    def test_what_it_starts_with_is_not_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.probed_with("", monkeypatch)
        refuse_unusable_settings({"XLA_FLAGS": "--fine"})

    @pytest.mark.parametrize(
        "environ",
        [
            {"PATH": "/bin", "KERAS_BACKEND": "torch", "TF_XLA_FLAGS": "--bogus"},
            {"TF_DETERMINISTIC_OPS": "1", "TF_NUM_INTRAOP_THREADS": "12", "XLA_FLAGS": ""},
            {"TF_CPP_VMODULE": "a=1", "TF_GPU_ALLOCATOR": "cuda_malloc_async"},
            {"TF_CLI_CONFIG_FILE": "/home/somebody/.terraformrc", "TF_LOG": "debug"},
            {"OMP_PROC_BIND": "close", "OMP_PLACES": "cores", "OPENBLAS_CORETYPE": "Haswell"},
        ],
    )
    def test_nothing_is_started_for_settings_that_are_plain_or_not_used(
        self, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("started a process"))
        refuse_unusable_settings(environ)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("XLA_FLAGS", "1"),
            ("TF_DETERMINISTIC_OPS", "2"),
            ("TF_ENABLE_ONEDNN_OPTS", "yes"),
            ("TF_MKL_ALLOC_MAX_BYTES", "true"),
            ("TF_NUM_INTRAOP_THREADS", "-1"),
        ],
    )
    def test_what_is_unusual_for_a_variable_is_tried(
        self, name: str, value: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.probed_with("raise SystemExit(3)", monkeypatch)
        with pytest.raises(UsageError, match=f"{name}={value}"):
            refuse_unusable_settings({name: value})

    @pytest.mark.usefixtures("foreign")
    def test_the_trial_has_our_settings_and_no_gpu(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.probed_with(
            "import os; e = os.environ; raise SystemExit("
            f"len({set(REPLACED)!r} & set(e)) - 1 + (e['CUDA_VISIBLE_DEVICES'] != '-1'))",
            monkeypatch,
        )
        refuse_unusable_settings({**os.environ, "XLA_FLAGS": "--a"})

    def test_a_trial_that_cannot_be_made_refuses_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "executable", "/nonexistent")
        refuse_unusable_settings({"XLA_FLAGS": "--a"})

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("name", "value", "reason"),
        [
            ("XLA_FLAGS", "--bogus=1", "Unknown flag in XLA_FLAGS: --bogus=1"),
            ("XLA_FLAGS", "/nonexistent/flags", 'Could not open file "/nonexistent/flags"'),
            ("TF_DETERMINISTIC_OPS", "maybe", "into bool: maybe"),
        ],
    )
    def test_tensorflow_itself_refuses(self, name: str, value: str, reason: str) -> None:
        with pytest.raises(UsageError) as raised:
            refuse_unusable_settings({**os.environ, name: value})
        assert f"{name}={value}" in str(raised.value)
        assert reason in str(raised.value)

    @pytest.mark.slow
    def test_tensorflow_itself_accepts(self) -> None:
        refuse_unusable_settings({**os.environ, "XLA_FLAGS": "--xla_cpu_enable_fast_math=false"})
