# Several invoices on one notice; one that comes later waits for another day.
prompt
publish shared
import R1 K1 10000 4
import R2 K1 5000 4
import R3 K2 7000 4
until 2026-01-12T12:00
import R4 K1 9000 -3
until 2026-02-25T12:00
