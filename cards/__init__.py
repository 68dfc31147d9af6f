"""What people see: views (plain data) and how they turn into Adaptive Cards and into text. Pure."""
