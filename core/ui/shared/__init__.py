"""What every page is made of: who is there, the frame, filters, charts, tables, words."""
