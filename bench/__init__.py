"""Figures: every scenario beside a bare reference in the same run, given as a ratio."""
