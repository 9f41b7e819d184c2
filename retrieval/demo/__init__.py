"""The demo shop: an invented catalogue, policies, orders and browsing sessions, made by a seeded generator."""
