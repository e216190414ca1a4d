"""What is printed and recorded when the training process has died."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gan.progress import RunProgress
from gan.run.creation import create_run
from gan.run.lock import RunLock
from gan.run.status import StatusFile, read_status
from tui.commands.train_died import report_death
from tui.supervision.link import Link
from tui.supervision.parent import Ending

if TYPE_CHECKING:
    from pathlib import Path


def ending(number: int) -> Ending:
    """Of this process, as the run's status has it, by a signal."""
    return Ending(os.getpid(), number)


def test_before_there_is_a_run_the_last_lines_and_the_cause_are_printed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    link = Link()
    assert link.stderr is not None
    os.write(link.stderr, b"F0000 Unknown flag in XLA_FLAGS: --xla_\x1b[2Jbogus\n")
    report_death(ending(signal.SIGABRT), link)

    assert capfd.readouterr().err.splitlines() == [
        (
            "gan-tui: the training process died of SIGABRT: native code aborted it, before there "
            "was a run"
        ),
        r"F0000 Unknown flag in XLA_FLAGS: --xla_\x1b[2Jbogus",
    ]


OF_EVERY_START = (
    b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    b"I0000 00:00:1795919889.522765    8421 port.cc:153] oneDNN custom operations are on.\n"
    b"2026-01-02 10:11:12.131415: I tensorflow/core/util/port.cc:153] oneDNN is on.\n"
    b"To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow\n"
    b"W0000 00:00:1795919889.523025    8421 gpu_device.cc:2342] Cannot dlopen some libraries.\n"
)


def test_what_every_start_prints_is_not_said_of_a_crash(capfd: pytest.CaptureFixture[str]) -> None:
    link = Link()
    assert link.stderr is not None
    os.write(link.stderr, OF_EVERY_START + b"Fatal Python error: Segmentation fault\n")
    report_death(ending(signal.SIGSEGV), link)

    first, *rest = capfd.readouterr().err.splitlines()
    assert "died of SIGSEGV" in first
    assert rest == ["Fatal Python error: Segmentation fault"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_was_killed_has_said_nothing_of_it(
    capfd: pytest.CaptureFixture[str], number: int
) -> None:
    link = Link()
    assert link.stderr is not None
    os.write(link.stderr, OF_EVERY_START + b"E0000 00:00:1795 cuda_platform.cc:52] no cuInit\n")
    report_death(ending(number), link)

    [line] = capfd.readouterr().err.splitlines()
    assert signal.Signals(number).name in line


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGKILL, "died of SIGKILL: someone killed it, or the system did because memory"),
        (signal.SIGTERM, "SIGTERM ended the training process, before there was a run"),
        (signal.SIGRTMIN + 2, "signal 36 ended the training process"),
    ],
)
def test_the_cause_is_said_in_words(
    capfd: pytest.CaptureFixture[str], number: int, words: str
) -> None:
    report_death(ending(number), Link())

    assert words in capfd.readouterr().err


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([], "the run has no checkpoint yet; it is in {path}"),
        ([300], "its newest checkpoint is that of step 300: gan-tui --resume {path}"),
    ],
    ids=["no checkpoint", "a checkpoint"],
)
def test_of_a_run_it_is_recorded_and_said_how_to_go_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], steps: list[int], words: str
) -> None:
    run = create_run(tmp_path / "run")
    StatusFile(run, lambda: 5.0).update(RunProgress())
    for step in steps:
        (run.checkpoints_path / f"step-{step:08}").mkdir()
    link = Link()
    link.note(run_dir=str(run.path), resume=f"gan-tui --resume {run.path}")
    report_death(ending(signal.SIGSEGV), link)

    assert read_status(run)["exit_reason"] == "signal 11"
    assert capfd.readouterr().err.splitlines() == [
        (
            "gan-tui: the training process died of SIGSEGV: native code accessed memory that it "
            "must not access"
        ),
        "gan-tui: " + words.format(path=run.path),
    ]


FATAL = """\
I0000 00:00:1 7 service.cc:153] XLA service initialized
E0000 00:00:2 7 cuda_event.cc:49] failed to query event: {}
F0000 00:00:2 7 device_event_mgr.cc:226] Unexpected Event status: 1
*** Check failure stack trace: ***
{}"""
"""What TensorFlow prints when its thread that polls a GPU meets an error."""

NO_CUDA = "E0000 00:00:1 7 cuda_platform.cc:51] failed call to cuInit: CUDA_ERROR_NO_DEVICE\n"
TRACE = "    @     0x73a2356a2fe4  absl::log_internal::LogMessage::SendToLog()\n" * 20


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            "CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure",
            "has given up (CUDA_ERROR_LAUNCH_FAILED). What helps: look for Xid in dmesg",
        ),
        ("CUDA_ERROR_ECC_UNCORRECTABLE", "because the GPU's memory has failed"),
        ("GPU is lost", "because the GPU was lost (GPU is lost)"),
        ("", "because the GPU's driver has given up (Unexpected Event status)"),
    ],
)
def test_a_gpu_that_ends_the_process_is_named_with_what_helps(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], error: str, words: str
) -> None:
    """By a child that prints what TensorFlow prints, and aborts."""
    run = create_run(tmp_path / "run")
    StatusFile(run, lambda: 5.0).update(RunProgress())
    (run.checkpoints_path / "step-00000300").mkdir()
    link = Link()
    assert link.stderr is not None
    link.note(run_dir=str(run.path), resume=f"gan-tui --resume {run.path}")
    program = "import os, sys; sys.stderr.write(sys.argv[1]); sys.stderr.flush(); os.abort()"
    text = FATAL.format(error, TRACE)
    child = subprocess.Popen([sys.executable, "-c", program, text], stderr=link.stderr)
    _, status = os.waitpid(child.pid, 0)
    child.returncode = status
    report_death(Ending(os.getpid(), status), link)

    died, *_, resume = capfd.readouterr().err.splitlines()
    assert "died of SIGABRT: native code aborted it" in died
    assert words in died
    assert resume == (
        f"gan-tui: its newest checkpoint is that of step 300: gan-tui --resume {run.path}, on the "
        "CPU with --device cpu"
    )
    assert words in read_status(run)["error"]


def test_a_worker_has_no_run_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    link = Link()
    link.note(worker="worker 1 (gpu2:4000)")
    report_death(ending(signal.SIGKILL), link)

    (line,) = capfd.readouterr().err.splitlines()
    assert line.endswith("; it was worker 1 (gpu2:4000), and the run is worker 0's")


@pytest.mark.parametrize(
    "text",
    [
        NO_CUDA,
        f"{NO_CUDA}F0000 00:00:2 7 parse_flags.cc:99] Unknown flag in XLA_FLAGS\n",
    ],
    ids=["not-fatal", "fatal-for-another-reason"],
)
def test_what_a_cpu_s_process_printed_about_gpus_is_no_cause(
    capfd: pytest.CaptureFixture[str], text: str
) -> None:
    link = Link()
    assert link.stderr is not None
    os.write(link.stderr, text.encode())
    report_death(ending(signal.SIGABRT), link)

    died = capfd.readouterr().err.splitlines()[0]
    assert died.endswith("native code aborted it, before there was a run")


def test_what_somebody_killed_did_not_die_of_its_gpu(capfd: pytest.CaptureFixture[str]) -> None:
    link = Link()
    assert link.stderr is not None
    os.write(link.stderr, FATAL.format("GPU is lost", "").encode())
    report_death(ending(signal.SIGTERM), link)

    assert "because" not in capfd.readouterr().err


def test_an_exit_by_force_is_recorded_with_its_code(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = create_run(tmp_path / "run")
    StatusFile(run, lambda: 5.0).update(RunProgress())
    link = Link()
    link.note(run_dir=str(run.path), resume=f"gan-tui --resume {run.path}")
    report_death(Ending(os.getpid(), 137 << 8), link)

    assert (read_status(run)["exit_code"], read_status(run)["exit_reason"]) == (137, "signal 9")
    assert "exited with code 137 without ending the run" in capfd.readouterr().err


def test_what_cannot_be_read_or_recorded_is_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = create_run(tmp_path / "run")
    link = Link()
    link.note(
        run_dir=str(run.path),
        resume=f"gan-tui --resume {run.path}",
        stderr_path=str(tmp_path / "gone"),
        stderr_begin=0,
    )
    with RunLock(run):
        report_death(ending(signal.SIGSEGV), link)

    unreadable, died, locked = capfd.readouterr().err.splitlines()
    assert unreadable == (
        f"gan-tui: cannot read what libraries printed: {tmp_path}/gone: No such file or directory"
    )
    assert "died of SIGSEGV" in died
    assert "is in use by process" in locked
