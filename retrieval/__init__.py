"""The catalogue and finding products in it. Imports neither sibling package."""
