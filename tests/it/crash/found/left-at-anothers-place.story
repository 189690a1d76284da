# Two invoices of a customer stood at one place in the queue, one of them for a person's release; with the other the place was given up.
throttle 60
places 3
prompt
loose
publish shared review
import R4 K1 10000 4
import R7 K1 600 8
import R6 K1 10000 8
import R2 K2 600 -3
