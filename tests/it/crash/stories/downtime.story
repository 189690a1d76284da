# The process dies on Friday noon and comes back on the Wednesday after next.
prompt
publish shared
import R1 K1 10000 4
import R2 K1 5000 8
import R3 K2 5000 10
bell lose
until 2026-01-16T12:00
leap 17280
crash
until 2026-02-28T12:00
