# Customers without an address for mail, or without any: printed, and a person posts it.
prompt
publish shared
import R1 P1 10000 4
import R2 N1 5000 4
until 2026-01-20T12:00
