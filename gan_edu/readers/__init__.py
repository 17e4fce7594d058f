"""Small networks that read a world's factors from its pictures, and the judge of faces built on them.

A reader is taught once on pictures whose factors are known and then left alone: it measures what generators make, and
its hidden layer serves as feature extractor. The weights come with the package (``gan_edu/weights``); where they are
missing they are built from code, which takes a minute or two, and kept in a cache folder.
"""
