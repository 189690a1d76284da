# A notice that lay over the downtime left on the day on which its customer got another.
prompt
loose
publish shared
import R1 K1 10000 4
import R2 K1 5000 6
bell lose
until 2026-01-12T09:00
leap 2880
live 600
