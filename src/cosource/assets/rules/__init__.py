"""Rules on assets: plain functions on plain values."""
