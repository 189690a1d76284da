# Letters into the print batch, an e-mail beside them, and an e-mail that becomes a letter.
prompt
publish shared post
import R1 K1 10000 4
publish shared both
import R2 K2 5000 4
publish shared then
import R3 F3 7000 4
until 2026-01-14T12:00
attend
until 2026-01-16T12:00
