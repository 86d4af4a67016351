"""What the office does; its pages are put together in `capabilities`, so that a part can be loaded alone."""
