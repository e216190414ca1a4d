"""Tables of text with an image in each row: CSV, TSV, and columns apart by spaces.

`lines` reads the text in pieces, `columns` finds out what each column holds, `numbers` parses, and
`reading` puts them together. May import `gan.data.arrays` and what that may.
"""
