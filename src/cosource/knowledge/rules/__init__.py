"""Rules of knowledge, as plain functions on plain values."""
