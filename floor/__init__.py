"""The floor as people see it: dashboards, line page, and the push behind them. Reads from everything below."""
