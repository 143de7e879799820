"""The embedded database, as Django's name for a backend: `base` is the module that Django looks for."""
