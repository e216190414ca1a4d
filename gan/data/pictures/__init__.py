"""Pictures of any kind as images in MNIST's form: grey, 28 x 28, white on black.

`decoding` reads one picture, `appearance` finds out how the pictures of a set are drawn, `fitting`
scales, and `reading` reads a whole set. May import `gan.data.opening` and what that may.
"""
