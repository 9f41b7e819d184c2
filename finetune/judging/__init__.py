"""Judging readers side by side: models, readings that are kept, resampling, and the report of it all."""
