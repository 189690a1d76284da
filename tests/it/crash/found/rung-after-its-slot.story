# The bell of a throttled mail came with the next one's: two left at once.
throttle 600
prompt
loose
publish shared
import R1 K1 10000 4
import R2 K2 10000 4
import R3 M1 10000 4
bell late
until 2026-01-12T12:00
