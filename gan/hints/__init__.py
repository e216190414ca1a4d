"""What an error says of a value that it refuses: how it is quoted, and the name that was meant.

One mechanism for options, keys of a file, subcommands and names of runs. May import nothing else of
the project, so whatever reads a value may use it.
"""
