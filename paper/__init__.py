"""Text of any script on a tagged PDF page. Knows nothing of courses."""

SEAL = "Siegel"  # the name of the signature field, agreed between whoever draws, seals and checks
