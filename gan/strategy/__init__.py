"""How a run is spread over devices and processes.

Which they are, and which part of a batch is whose. It imports no TensorFlow: `gan.training` has the
step that they make together.
"""
