# A sender sends one message each ten minutes, and the first must be sent again; one of those that wait is paid.
throttle 600
prompt
publish shared
import R1 K1 10000 4
import R2 K2 5000 4
import R3 K3 5000 4
import R4 K4 5000 4
outside later
until 2026-01-12T09:05
pay R3 5000
until 2026-01-12T10:00
