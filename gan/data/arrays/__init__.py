"""Arrays in any of the forms that circulate, as images in MNIST's form and as labels.

`raw` is an array before it is read, `shapes` finds the images in its axes, `brightness` black and
white in its values, `conforming` converts by what those found. `labels` reads labels, `naming`
chooses among named arrays, `reading` puts them together. May import `gan.data.checks`,
`gan.data.image_file` and what these may, and `gan.data.pictures`.
"""
