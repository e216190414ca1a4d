"""What a run gives to people: its digits as a picture, their history as a film, its losses as CSV.

Apart from `gan.run`, because nothing here is read back: a run is whole without it.
"""
