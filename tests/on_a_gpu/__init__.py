"""Tests of `tests.bench.on_a_gpu`: of what others would not notice before a GPU is there."""
