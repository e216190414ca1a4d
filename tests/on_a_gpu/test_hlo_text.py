"""What a step launches, counted in the text of a small program."""

from __future__ import annotations

import pytest

from tests.bench.on_a_gpu.hlo_text import Launches, launches_of_step

PROGRAM = """HloModule a_program, is_scheduled=true

%true_branch (arg: (f32[4])) -> (f32[4]) {
  %arg.1 = (f32[4]{0}) parameter(0)
  %get-tuple-element.1 = f32[4]{0} get-tuple-element(%arg.1), index=0
  %loop_one = f32[4]{0} fusion(%get-tuple-element.1), kind=kLoop, calls=%fused_one
  %loop_two = f32[4]{0} fusion(%loop_one), kind=kLoop, calls=%fused_two
  ROOT %tuple.1 = (f32[4]{0}) tuple(%loop_two)
}

%false_branch (arg.2: (f32[4])) -> (f32[4]) {
  ROOT %arg.2 = (f32[4]{0}) parameter(0)
}

%condition (state: (s32[], f32[4], f32[8])) -> pred[] {
  %state = (s32[], f32[4]{0}, f32[8]{0}) parameter(0)
  ROOT %loop_compare = pred[] fusion(%state), kind=kLoop, calls=%fused_compare
}

%body (state.1: (s32[], f32[4], f32[8])) -> (s32[], f32[4], f32[8]) {
  %state.1 = (s32[], f32[4]{0}, /*index=2*/f32[8]{0}) parameter(0)
  %index = s32[] get-tuple-element(%state.1), index=0
  %values = f32[4]{0} get-tuple-element(%state.1), index=1
  %kept = f32[8]{0} get-tuple-element(%state.1), index=2
  %loop_add_fusion = s32[] fusion(%index), kind=kLoop, calls=%fused_add
  %gemm_fusion_dot.1 = f32[2,2]{1,0} fusion(%values), kind=kCustom, calls=%gemm_computation
  %renamed = f32[4]{0} bitcast(%gemm_fusion_dot.1)
  %call = (f32[4]{0}, s8[64]{0}) custom-call(%renamed), custom_call_target="__cublas$gemm"
  %first = f32[4]{0} get-tuple-element(%call), index=0
  %input_reduce = (f32[], f32[]) fusion(%first), kind=kInput, calls=%fused_reduce
  %sum = f32[] get-tuple-element(%input_reduce), index=0
  %is_large = pred[] get-tuple-element(%input_reduce), index=1
  %loop_dynamic_update_slice_fusion = f32[8]{0} fusion(%kept, %sum), kind=kLoop, calls=%update
  %tuple.2 = (f32[4]{0}) tuple(%first)
  %cond.1 = (f32[4]{0}) conditional(%is_large, %tuple.2, %tuple.2), true_computation=%true_branch, false_computation=%false_branch
  %chosen = f32[4]{0} get-tuple-element(%cond.1), index=0
  %loop_last = f32[4]{0} fusion(%chosen), kind=kLoop, calls=%fused_last, backend_config={"a":"("}
  ROOT %out = (s32[], f32[4]{0}, f32[8]{0}) tuple(%loop_add_fusion, %loop_last, %loop_dynamic_update_slice_fusion)
}

ENTRY %main (p: (s32[], f32[4], f32[8])) -> (s32[], f32[4], f32[8]) {
  %p = (s32[], f32[4]{0}, f32[8]{0}) parameter(0)
  ROOT %while.1 = (s32[], f32[4]{0}, f32[8]{0}) while(%p), condition=%condition, body=%body
}
"""  # noqa: E501 - as XLA writes it


def test_a_step_launches_what_its_loop_computes() -> None:
    """Two products, a sum, an update of one number, an index, the last: six.

    A product, a product, a sum, two kernels of the longer branch, and the last wait for each other.
    """
    assert launches_of_step(PROGRAM) == Launches(
        kernels=6, products=2, single=3, conditionals=(2,), chain=6
    )


def test_branches_may_be_in_a_list() -> None:
    listed = "branch_computations={%true_branch, %false_branch}"
    pair = "true_computation=%true_branch, false_computation=%false_branch"
    assert pair in PROGRAM
    assert launches_of_step(PROGRAM.replace(pair, listed)) == launches_of_step(PROGRAM)


def test_a_program_without_a_loop_is_refused() -> None:
    with pytest.raises(ValueError, match="without a loop, expected a program of many steps"):
        launches_of_step(PROGRAM.partition("ENTRY")[0])
