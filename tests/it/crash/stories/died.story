# The process dies with a mail in the air and again with a letter.
prompt
loose
publish shared
import R1 K1 10000 4
publish shared post
import R2 K2 5000 4
outside dies
outside dies
until 2026-01-16T12:00
