"""The library of saved pictures: the files are the truth, the SQLite index is a cache that can be rebuilt.

`core.gallery.gallery.Gallery` changes things, in one thread; `core.gallery.finder.Finder` answers questions.
"""
