"""The staff console: a web server of its own where staff review, edit, publish and look at numbers."""
