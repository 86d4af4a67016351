"""The second factor: codes of an app, passkeys, printed codes."""
