# A letter beside an e-mail leaves in the e-mail's slot; it took the next letter's, and its own mail missed its slot.
throttle 60
prompt
loose
publish shared both
import R7 K1 10000 4
import R4 P1 10000 4
