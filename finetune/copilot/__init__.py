"""Judging the copilot's actions on a service desk in tau2's layout: by the state of the database they leave."""
