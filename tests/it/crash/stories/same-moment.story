# Payments come in while a worker has the notice in hand.
prompt
loose
publish shared
import R1 K1 10000 4
import R2 K1 5000 4
import R3 K2 5000 4
during prepare pay R1 10000
during act pay R3 5000
until 2026-01-16T12:00
