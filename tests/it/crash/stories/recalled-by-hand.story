# A person takes a notice back whose bell was lost.
prompt
publish shared
import R1 K1 10000 4
bell lose
until 2026-01-12T09:00
recall R1
until 2026-01-13T12:00
