"""What is taken out of a report."""

from __future__ import annotations

import pytest

from gan.doctor.report import Names, published
from gan.doctor.row import ok, warn

ANN = Names(home="/home/ann", user="ann", host="node7.cluster.example.org")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("79 GB free in /home/ann/runs", "79 GB free in ~/runs"),
        ("in /home/ann", "in ~"),
        ("in /home/anna/runs", "in /home/USER/runs"),
        ("/scratch/ann/runs on node7", "/scratch/USER/runs on HOST"),
        ("on node7.cluster.example.org", "on HOST"),
        ("in /scratch/ann_runs/x-node7", "in /scratch/USER_runs/x-HOST"),
        ("in ~/ann-2/annex", "in ~/USER-2/annex"),
        ("in /Users/eve/runs", "in /Users/USER/runs"),
        ("curl https://a.b/x-ann_1/c", "curl https://a.b/x-ann_1/c"),
        ("node7-gpu and annex", "node7-gpu and annex"),
        ("over SSH from 10.1.2.3;", "over SSH from ADDRESS;"),
        ("from fe80::1ff:fe23:4567:890a", "from ADDRESS"),
        ("driver 550.54.15, CUDA 12.4", "driver 550.54.15, CUDA 12.4"),
        ("GPU-8a1b2c3d-4e5f-6789", "GPU-ID"),
        ("CUDA_VISIBLE_DEVICES=GPU-1a2b,MIG-7", "CUDA_VISIBLE_DEVICES=GPU-ID,MIG-ID"),
        ("MIG-GPU-8a1b2c3d/1/0", "MIG-GPU-ID/1/0"),
        ("a GPU-bound job", "a GPU-bound job"),
        (
            "in /scratch/ann_lab/x and /data/node7-local",
            "in /scratch/USER_lab/x and /data/HOST-local",
        ),
        ("from ::1", "from ADDRESS"),
        ("ends in 1:02:03", "ends in 1:02:03"),
    ],
)
def test_names_and_addresses_are_replaced_and_nothing_else(text: str, expected: str) -> None:
    assert ANN.hidden(text) == expected


def test_both_texts_of_a_row_are_for_the_public() -> None:
    row = warn("mnist", "not in /home/ann/.keras", "curl -o /home/ann/.keras/x https://a.b/c")

    shown = published(row, ANN)

    assert (shown.text, shown.fix) == ("not in ~/.keras", "curl -o ~/.keras/x https://a.b/c")
    assert published(ok("ssh", "not over SSH"), ANN) == ok("ssh", "not over SSH")


def test_without_names_nothing_is_replaced() -> None:
    assert Names().hidden("/runs of a user on a host") == "/runs of a user on a host"
    assert Names(home="/", user="x").hidden("/runs of x") == "/runs of x"


def test_every_name_of_a_person_is_taken_out() -> None:
    names = Names(user="root", others=("ann", "root"))

    assert names.hidden("in /scratch/ann of root") == "in /scratch/USER of USER"
