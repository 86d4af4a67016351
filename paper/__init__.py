"""Text of any script on a tagged PDF page. Knows nothing of courses."""
