# One invoice of a notice is paid while the bell is lost, another while the server says later.
prompt
loose
publish shared
import R1 K1 10000 4
import R2 K1 5000 4
import R3 K2 5000 4
import R4 K2 5000 4
bell lose
until 2026-01-12T09:00
pay R1 10000
outside later
live 1
pay R3 5000
until 2026-01-13T12:00
