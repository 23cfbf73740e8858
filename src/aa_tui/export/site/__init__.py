"""The whole catalog as a site of plain files, for readers who have nothing but a browser.

`writing` makes it, of a copy of the catalog that holds only what may be published. `folder` puts it in its place.
"""
