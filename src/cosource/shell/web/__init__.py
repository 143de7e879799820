"""The frame's own doors: context for templates, theme choice, error pages."""
