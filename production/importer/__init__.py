"""Production logs of any plant: batches, stops by factor, factors and products as CSV files under a column map.

Pure, no database: column_map (which column is what), tables (bytes to rows), cells (text to values), parse (rows to
batches that can be trusted), layout (batches to spans of time), summary (totals, the second way). With the database:
load (a log into the plant), uploads (files and their imports as people see them), demo.
"""
