"""What options and their values are called in other programs: for hints in errors, never accepted.

Keys are in lower case, with `-` between words; `gan.hints.nearest` compares that way.
"""

from __future__ import annotations

import re
from typing import Final

OPTIONS: Final = {
    "lr": "learning-rate",
    "alpha": "learning-rate",
    "bs": "batch-size",
    "batch": "batch-size",
    "minibatch": "batch-size",
    "beta": "beta-1",
    "beta1": "beta-1",
    "b1": "beta-1",
    "adam-beta1": "beta-1",
    "nz": "latent-dim",
    "z-dim": "latent-dim",
    "zdim": "latent-dim",
    "latent-size": "latent-dim",
    "noise-dim": "latent-dim",
    "noise-size": "latent-dim",
    "epoch": "epochs",
    "n-epochs": "epochs",
    "num-epochs": "epochs",
    "max-epochs": "epochs",
    "iterations": "steps",
    "iters": "steps",
    "max-steps": "steps",
    "num-steps": "steps",
    "dataset": "data",
    "data-dir": "data",
    "dataroot": "data",
    "model": "preset",
    "arch": "preset",
    "network": "preset",
    "gamma": "gradient-penalty",
    "r1": "gradient-penalty",
    "r1-gamma": "gradient-penalty",
    "gp": "gradient-penalty",
    "ema": "ema-half-life",
    "random-seed": "seed",
    "manual-seed": "seed",
    "gpu": "device",
    "gpus": "device",
    "cuda": "device",
    "num-threads": "threads",
    "num-workers": "threads",
    "rank": "worker",
    "node-rank": "worker",
    "hosts": "workers",
    "nodes": "workers",
    "distribute": "strategy",
    "start-wait": "start-timeout",
    "fp16": "precision",
    "bf16": "precision",
    "amp": "precision",
    "dtype": "precision",
    "mixed-precision": "precision",
    "out": "run-dir",
    "output": "run-dir",
    "outdir": "run-dir",
    "output-dir": "run-dir",
    "logdir": "run-dir",
    "log-dir": "run-dir",
    "save-dir": "run-dir",
    "checkpoint-dir": "run-dir",
    "continue": "resume",
    "restore": "resume",
    "resume-from": "resume",
    "save-every": "checkpoint-every",
    "save-interval": "checkpoint-every",
    "sample-interval": "sample-every",
    "eval-every": "evaluate-every",
    "headless": "no-ui",
    "no-gui": "no-ui",
    "no-tui": "no-ui",
    "quiet": "no-ui",
    "batch-mode": "no-ui",
}
"""Options, without their leading dashes."""

COMMANDS: Final = {
    "eval": "evaluate",
    "score": "evaluate",
    "fid": "evaluate",
    "benchmark": "bench",
    "diff": "compare",
    "run": "train",
    "fit": "train",
    "version": "--version",
    "resume": "--resume",
    "continue": "--resume",
}
"""Subcommands, and options that other programs have as subcommands."""

DATA: Final = {
    "fashion": "fashion_mnist",
    "fmnist": "fashion_mnist",
    "f-mnist": "fashion_mnist",
    "digits": "mnist",
    "kuzushiji": "kmnist",
    "kuzushiji-mnist": "kmnist",
    "emnist": "emnist/balanced",
    "letters": "emnist/letters",
    "fake": "synthetic",
    "default": "auto",
}
"""Data sources."""

PRECISIONS: Final = {
    "bf16": "bfloat16",
    "fp32": "float32",
    "f32": "float32",
    "float": "float32",
    "single": "float32",
    "full": "float32",
}
"""Precisions."""

LOSSES: Final = {
    "bce": "classic",
    "gan": "classic",
    "minimax": "classic",
    "vanilla": "classic",
    "standard": "classic",
    "non-saturating": "classic",
    "nonsaturating": "classic",
    "ns": "classic",
    "rgan": "relativistic",
    "rpgan": "relativistic",
    "r3gan": "relativistic",
}
"""Losses."""

STRATEGIES: Final = {
    "single": "one",
    "none": "one",
    "default": "one",
    "mirror": "mirrored",
    "dp": "mirrored",
    "data-parallel": "mirrored",
    "multi-gpu": "mirrored",
    "ddp": "multiworker",
    "multi-worker": "multiworker",
    "multi-worker-mirrored": "multiworker",
    "multi-node": "multiworker",
    "distributed": "multiworker",
    "slurm": "multiworker",
}
"""Strategies."""

_GPU: Final = re.compile(r"/?(?:device:)?(?:cuda|gpu|nvidia)[ _:-]?(?P<index>[0-9]{0,4})")


def device(word: str) -> str | None:
    """`cuda` is `gpu`, and `cuda:1`, `gpu1` or `/GPU:1` is `gpu:1`; `None` for other words."""
    match = _GPU.fullmatch(word.lower())
    if match is None:
        return None
    return f"gpu:{int(match['index'])}" if match["index"] else "gpu"
