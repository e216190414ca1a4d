"""The keys: every binding of the dashboard, and the user's keymap.

May import Textual, the vocabulary of `gan` and `gan.hints`; what a key does is up to the app.
"""
