"""The workshop's own checks: budgets of code size, reference pages held to the code."""
