"""The dashboard: the current release as one page that needs no server and loads nothing.

`page.write_dashboard` makes it. Importing this package alone imports none of the drawing libraries.
"""
