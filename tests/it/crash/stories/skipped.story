# A stage is left out, another workflow and another way are chosen, a claim withdrawn, one handed over, one settled by hand.
prompt
publish shared
import R1 K1 10000 4
import R2 K2 6000 4
import R3 K3 6000 4
import R4 K4 6000 4
skip R1
until 2026-01-13T12:00
publish shared slow
migrate R1
reroute R1 post
withdraw R2
hand-over R3
settle R4
until 2026-01-20T12:00
