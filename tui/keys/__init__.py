"""The keys: every binding of the dashboard, and the user's keymap.

May import Textual and the vocabulary of `gan`; what a key does is up to the app.
"""
