"""What everybody may do with their own account: look where it is signed in, end that, change the password."""
