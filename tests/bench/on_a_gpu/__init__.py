"""The training step on a GPU, also on a machine where TensorFlow can't be installed.

    python -m tests.bench.on_a_gpu.export FOLDER --data PATH    with TensorFlow; needs no GPU
    python -m tests.bench.on_a_gpu.run FOLDER                   with JAX and a GPU
    python -m tests.bench.on_a_gpu.ahead_of_time FOLDER         with JAX; compiles for an H100

`export` writes the program that TensorFlow hands to XLA, with all its inputs and the losses that
TensorFlow computed on the CPU. The other two compile it by JAX's copy of XLA. Only `export` imports
TensorFlow, and it and `folder` import no JAX. JAX comes with `pip install 'gan-tui[gpu-bench]'`, on
the machine with the GPU with `pip install 'jax[cuda13]'` beside a checkout: neither `run` nor
`ahead_of_time` needs anything else of this project's dependencies than NumPy. The extra has JAX's
compiler for CUDA too, without CUDA's libraries, for `ahead_of_time`.
"""
