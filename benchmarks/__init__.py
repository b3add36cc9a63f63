"""Speed beside named peers, in ratios, measured in one run on one server (`make bench`)."""
