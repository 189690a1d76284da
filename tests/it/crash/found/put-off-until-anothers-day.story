# A mail that the server put off until the next day left on the day of another to its customer.
prompt
loose
publish shared
import R1 K1 10000 4
import R2 K1 5000 5
outside later
outside later
outside later
until 2026-01-12T09:00
leap 1440
live 600
