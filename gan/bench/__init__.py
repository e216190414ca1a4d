"""How fast this machine trains: the contestants, and the rounds in which they take turns.

May import TensorFlow and everything in `gan` but `headless`; nothing in `gan` imports it.
"""
