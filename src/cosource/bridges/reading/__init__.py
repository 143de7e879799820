"""Foreign files as streams of rows: opened with suspicion, read in constant memory, never evaluated."""
