"""What helps a customer-service agent: which conversation needs them, and what may be done next."""
