# Two places for four invoices, by a throttle: one is paid, one rests and comes back, one can't be sent.
throttle 60
places 2
prompt
publish single
import R1 K1 10000 4
import R2 K2 6000 3
import R3 K3 5000 2
import R4 F1 7000 1
until 2026-01-12T09:05
pay R3 5000
until 2026-01-12T12:00
pause R2 3
until 2026-01-13T12:00
attend
until 2026-02-20T12:00
