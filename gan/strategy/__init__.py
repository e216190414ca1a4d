"""How a run is spread over devices and processes.

Which they are, and which part of a batch is whose, is known here without TensorFlow, and how
processes find, tell and lose each other. `gan.training` has the step that they make together.
May import `gan.errors`, `gan.hints`, `gan.options` and `gan.readings`.
"""
