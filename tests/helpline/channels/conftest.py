"""Several small servers in one process."""

from sanic import Sanic

# Sanic rewrites its own methods when an app starts; only so it remembers what they were for the next app.
Sanic.test_mode = True
