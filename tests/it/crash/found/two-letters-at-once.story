throttle 60
prompt
loose
publish shared post
import R5 K1 10000 8
import R2 K2 10000 8
live 10080
bell lose
live 1209
live 1081
live 1406
bell reverse
live 794
strike 43 error-after
bell late
live 686
live 1440
