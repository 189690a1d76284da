# Answers are lost: one mail was there, one was not.
prompt
loose
publish shared
import R1 K1 10000 4
import R2 K2 5000 4
outside answer-lost
outside vanished
until 2026-01-16T12:00
