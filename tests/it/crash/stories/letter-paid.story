# One of two invoices on a letter is paid while the letter is handed over.
prompt
loose
publish shared post
import R1 K1 10000 4
import R2 K1 5000 4
during act pay R1 10000
until 2026-01-16T12:00
