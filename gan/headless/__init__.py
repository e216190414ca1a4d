"""Training without a screen: the loop of the main thread, and events as lines or as JSON.

May import everything in `gan` but `bench`; knows of no terminal but a text stream.
"""
