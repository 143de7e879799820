"""Template tags that foundation offers to every room."""
