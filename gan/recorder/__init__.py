"""Any training loop as a run: a recorder that a program of one's own logs to.

`recorder` is what the loop calls; `writing` is the thread that writes. May import `gan.session`,
`gan.training.stopwatch` and whatever those may, but no framework: not TensorFlow, not Keras, not
PyTorch, not JAX, although it takes what each of them computes.
"""
