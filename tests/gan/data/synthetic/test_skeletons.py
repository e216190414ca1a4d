"""The skeletons as data: what the arithmetic assumes."""

from __future__ import annotations

import pytest

from gan.data.synthetic.skeletons import SKELETONS, Skeleton

each_skeleton = pytest.mark.parametrize(
    "skeleton", SKELETONS, ids=[f"{s.digit}-{number}" for number, s in enumerate(SKELETONS)]
)


def test_every_digit_has_a_skeleton() -> None:
    assert {skeleton.digit for skeleton in SKELETONS} == set(range(10))


@pytest.mark.parametrize("digit", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
def test_the_shares_of_a_digit_add_up_to_a_hundred(digit: int) -> None:
    assert sum(skeleton.share for skeleton in SKELETONS if skeleton.digit == digit) == 100


@each_skeleton
def test_both_poses_have_the_same_points(skeleton: Skeleton) -> None:
    assert len(skeleton.pose.split()) == len(skeleton.other.split())


@each_skeleton
def test_the_strokes_pass_through_every_point_and_no_other(skeleton: Skeleton) -> None:
    used = {point for stroke in skeleton.strokes for point in stroke}

    assert used == set(range(len(skeleton.pose.split())))


@each_skeleton
def test_a_pose_is_about_one_digit_high(skeleton: Skeleton) -> None:
    for pose in (skeleton.pose, skeleton.other):
        heights = [int(point.split(",")[1]) for point in pose.split()]

        assert -5 <= min(heights) <= 10
        assert 90 <= max(heights) <= 105
