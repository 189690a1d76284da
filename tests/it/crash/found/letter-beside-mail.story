# A letter beside an e-mail went out without a slot of the letters' sender.
throttle 60
prompt
loose
publish shared both
import R7 K1 10000 4
import R4 P1 10000 4
