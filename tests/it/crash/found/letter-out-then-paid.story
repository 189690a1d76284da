# A letter was in the print batch when the process died, and one of its invoices was paid before the next one started:
# the letter was recalled, and its other invoice dunned by a second one.
prompt
loose
publish shared post
import R1 K1 10000 4
import R2 K1 5000 4
outside dies
during act pay R1 10000
until 2026-01-16T12:00
