# A customer rests for a week, an invoice until it is resumed.
prompt
publish shared
import R1 K1 10000 4
import R2 K2 6000 4
pause K1 10
pause R2
until 2026-01-16T12:00
resume R2
until 2026-02-02T12:00
