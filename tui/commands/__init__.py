"""The subcommands, one module each, with what they print. The composition root, with `tui.cli`.

May import everything. TensorFlow and Textual are imported only once a command needs them.
"""
