# A person releases proposals; one has changed meanwhile, one is recalled.
prompt
loose
publish shared review
import R1 K1 10000 4
import R2 K2 5000 4
import R3 K3 5000 4
until 2026-01-12T10:00
pay R2 1000
release
until 2026-01-13T10:00
release
until 2026-01-14T12:00
