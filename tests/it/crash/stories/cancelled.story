# An invoice is cancelled at its source, one comes in again over another amount.
prompt
publish shared
import R1 K1 10000 4
import R2 K1 5000 4
cancel R1
reimport R2 6000
reimport R2 5000
until 2026-01-16T12:00
