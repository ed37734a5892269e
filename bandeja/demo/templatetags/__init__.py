"""What templates of other folders may show of the demo."""
