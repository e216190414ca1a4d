"""Pictures of any kind as images in MNIST's form: grey, 28 x 28, white on black.

`decoding` reads one picture, `appearance` finds out how the pictures of a set are drawn, `fitting`
scales, `reading` reads a whole set, and `cache` keeps one. May import
`gan.data.opening` and what that may, and `gan.disk`.
"""
