"""Text for people: events and numbers in words, and strings from outside made safe to show.

May import the vocabulary (`gan.events`); knows of no files, no TensorFlow and no screen.
"""
