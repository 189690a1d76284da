# A part is paid, and then all but less than the workflow duns; a return debit opens it again.
prompt
publish shared
import R1 K1 10000 4
until 2026-01-13T12:00
pay R1 4000
until 2026-01-20T12:00
pay R1 5800
until 2026-01-28T12:00
debit R1 5800
until 2026-02-20T12:00
