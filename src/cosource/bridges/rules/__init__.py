"""What a foreign record means: pure readings of rows, with no Django, no clock and no files."""
