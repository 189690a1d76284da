# A customer pays between the first and the second reminder; another never does.
prompt
publish shared
import R1 K1 10000 4
import R2 K2 8000 4
until 2026-01-14T12:00
pay R1 10000
until 2026-02-20T12:00
