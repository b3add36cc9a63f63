"""What survey exports ask, and what each question measures."""
