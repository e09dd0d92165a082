"""What people read: pages, plots, tables, findings."""
