"""What becomes of the trace: sealed so that nobody changes it unnoticed, and read by who looks after people's data."""
