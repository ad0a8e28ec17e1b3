"""The living demo: a plant whose every event, and so every KPI, is known in advance.

`lines` describes it, `plan` says what happens in a shift (pure: the same shift always gives the same plan),
`expected` computes the KPIs from the plan alone, `events` turns a plan into what machines would send, `seeds`
lays out the plant.
"""
