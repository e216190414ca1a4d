"""Text for people: events and numbers in words, and untrusted strings made safe to show.

May import the vocabulary (`gan.events`); no files, no TensorFlow, no user interface.
"""
