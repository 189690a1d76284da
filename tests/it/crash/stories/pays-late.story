# Everything was sent when the money comes, and then it goes back.
prompt
publish single
import R1 K1 10000 4
until 2026-01-30T12:00
pay R1 10000
until 2026-02-10T12:00
debit R1 10000
until 2026-02-20T12:00
